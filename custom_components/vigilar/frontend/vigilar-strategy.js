// @ts-check
/** @import { Hass } from "./vigilar" */
/** @import { StrategyConfig, ViewStrategyConfig } from "./cards" */
import { define } from "./define.js";
import { DOCUMENTATION, homeAssistant, pageTexts } from "./registration.js";

const TYPE = "vigilar";

/** A dashboard is made anew when one of these registries changes. */
const REGISTRIES = ["entities", "devices", "areas"];

/** Register the strategies; what they do is loaded when a dashboard asks for it. */
async function register() {
  await homeAssistant();
  const load = () => import("./strategy.js");

  // Home Assistant asks the classes; no element of them is ever made.
  define(
    `ll-strategy-dashboard-${TYPE}`,
    class extends HTMLElement {
      static registryDependencies = REGISTRIES;

      /** @param {Hass} hass */
      static async getCreateSuggestions(hass) {
        return (await load()).suggestion(hass);
      }

      /** @param {StrategyConfig} config @param {Hass} hass */
      static async generate(config, hass) {
        return (await load()).dashboardConfig(config, hass);
      }
    },
  );
  define(
    `ll-strategy-view-${TYPE}`,
    class extends HTMLElement {
      static registryDependencies = REGISTRIES;

      /** @param {ViewStrategyConfig} config @param {Hass} hass */
      static async generate(config, hass) {
        return (await load()).viewConfig(config, hass);
      }
    },
  );

  const localize = await pageTexts();
  const strategies = (window.customStrategies ??= []);
  if (strategies.some(({ type }) => type === TYPE)) return;
  strategies.push({
    type: TYPE,
    strategyType: "dashboard",
    name: localize("strategy.name"),
    description: localize("strategy.description"),
    documentationURL: DOCUMENTATION,
  });
}

register();
