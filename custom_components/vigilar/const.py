"""Constants of the Vigilar integration."""

from typing import Final

from homeassistant.const import Platform

from .models import Severity

DOMAIN: Final = "vigilar"

PLATFORMS: Final = [
    Platform.ALARM_CONTROL_PANEL,
    Platform.BINARY_SENSOR,
    Platform.EVENT,
    Platform.IMAGE,
    Platform.NUMBER,
    Platform.SENSOR,
    Platform.SWITCH,
]

# No camera has these names.
ALARM_SOURCE: Final = "vigilar_alarm"
HOUSE_SOURCE: Final = "vigilar_house"

SUBENTRY_CAMERA: Final = "camera"
SUBENTRY_CODE: Final = "code"
SUBENTRY_RECIPIENT: Final = "recipient"
SUBENTRY_REMOTE_SITE: Final = "remote_site"
SUBENTRY_SENSOR: Final = "sensor"

# Of a camera subentry.
CONF_ANALYSIS: Final = "analysis"
CONF_CAMERA: Final = "camera"
CONF_FPS: Final = "fps"
CONF_MIN_DURATION: Final = "min_duration"
CONF_MIN_HEIGHT: Final = "min_height"
CONF_OBJECTS: Final = "objects"
CONF_QUIET_TIME: Final = "quiet_time"
CONF_RECORDING: Final = "recording"
CONF_SENSITIVITY: Final = "sensitivity"
CONF_SOURCE_ID: Final = "source_id"
CONF_ZONE: Final = "zone"
CONF_ZONES: Final = "zones"

# Of the objects of a camera, and of each class.
CONF_DRAW_BOX: Final = "draw_box"
CONF_HOLD_BACK: Final = "hold_back"
CONF_MIN_SCORE: Final = "min_score"
CONF_REPORTED: Final = "reported"
CONF_UNKNOWN: Final = "unknown"
# Of its recording; the second stream is a camera or an address, as the first is.
CONF_ALWAYS_CONNECTED: Final = "always_connected"
CONF_MEMORY: Final = "memory_mb"
CONF_POST_ROLL: Final = "post_roll"
CONF_PRE_ROLL: Final = "pre_roll"

# Of a remote site subentry; where it publishes is CONF_MQTT_PREFIX.
CONF_SITE_ID: Final = "site_id"

# Of a zone.
CONF_KIND: Final = "kind"
CONF_POINTS: Final = "points"

# Of a recipient subentry; its kind is CONF_KIND.
CONF_CAMERAS: Final = "cameras"
CONF_CONDITIONS: Final = "conditions"
CONF_COOLDOWN: Final = "cooldown"
CONF_CRITICAL_FROM: Final = "critical_from"
CONF_MIN_SEVERITY: Final = "min_severity"
CONF_PRESENCE: Final = "presence"
CONF_TARGET: Final = "target"
CONF_TYPES: Final = "types"

# Of the options.
CONF_CPU_BUDGET: Final = "cpu_budget"
CONF_INCIDENT_WINDOW: Final = "incident_window"
CONF_INCIDENTS: Final = "incidents"
CONF_MODEL_FOLDER: Final = "model_folder"
CONF_MEDIA: Final = "media"
CONF_MQTT: Final = "mqtt"
CONF_MQTT_PREFIX: Final = "mqtt_prefix"
CONF_PANEL: Final = "panel"
CONF_RETENTION_DAYS: Final = "retention_days"

# Of the weather in the options.
CONF_LOW_SUN: Final = "low_sun"
CONF_RAIN: Final = "rain"
CONF_STEPS: Final = "steps"
CONF_WEATHER: Final = "weather"
CONF_WIND: Final = "wind"
CONF_WIND_ABOVE: Final = "wind_above"

# Of the alarm in the options, and of a code subentry.
CONF_ALARM: Final = "alarm"
CONF_ALARM_ENTITY: Final = "entity"
CONF_ALARM_KIND: Final = "kind"
CONF_CODE_TO_ARM: Final = "code_to_arm"
CONF_DIGEST: Final = "digest"
CONF_ENTRY_DELAY: Final = "entry_delay"
CONF_EXIT_DELAY: Final = "exit_delay"
CONF_NUMERIC: Final = "numeric"
CONF_RING_TIME: Final = "ring_time"

# Of how much events matter, in the options.
CONF_DARK_RAISES: Final = "dark_raises"
CONF_EMPTY_HOUSE: Final = "empty_house"
CONF_IMPORTANT_ZONES: Final = "important_zones"
CONF_SEVERITY: Final = "severity"
CONF_UNIMPORTANT_ZONES: Final = "unimportant_zones"

# Of a sensor subentry.
CONF_DEBOUNCE: Final = "debounce"
CONF_ENTITIES: Final = "entities"
CONF_ENTITY: Final = "entity"
CONF_STUCK: Final = "stuck"
CONF_TYPE: Final = "type"

# Of a camera subentry: what the camera itself recognises.
CONF_ONBOARD: Final = "onboard"

# Of the descriptions in the options.
CONF_DESCRIBE: Final = "describe"
CONF_DESCRIBE_BUDGET: Final = "daily_budget"
CONF_DESCRIBE_ENTITY: Final = "entity"

# Of the media in the options.
CONF_MEDIA_DAYS: Final = {severity: f"days_{severity}" for severity in Severity}
CONF_MEDIA_FOLDER: Final = "folder"
CONF_MEDIA_MAX_GB: Final = "max_gb"

DEFAULT_CPU_BUDGET: Final = 50
DEFAULT_DEBOUNCE: Final = 2
DEFAULT_DESCRIBE_BUDGET: Final = 20
DEFAULT_FPS: Final = 5
DEFAULT_INCIDENT_WINDOW: Final = 60
DEFAULT_MEMORY: Final = 32
DEFAULT_MEDIA_MAX_GB: Final = 10
DEFAULT_MIN_DURATION: Final = 0
DEFAULT_MIN_HEIGHT: Final = 0
DEFAULT_MIN_SCORE: Final = 0
DEFAULT_MQTT_PREFIX: Final = "vigilar"
DEFAULT_POST_ROLL: Final = 5
DEFAULT_PRE_ROLL: Final = 5
DEFAULT_QUIET_TIME: Final = 3
DEFAULT_RETENTION_DAYS: Final = 14
DEFAULT_STEPS: Final = 2
DEFAULT_WIND_ABOVE: Final = 10.0
DEFAULT_SENSITIVITY: Final = 5
DEFAULT_SITE_PREFIX: Final = "vigilar2"
DEFAULT_STUCK: Final = 1

NEVER: Final = "never"

MIN_INCIDENT_WINDOW: Final = 10
MAX_INCIDENT_WINDOW: Final = 300
MIN_CPU_BUDGET: Final = 10
MAX_CPU_BUDGET: Final = 400
MIN_SENSITIVITY: Final = 1
MAX_SENSITIVITY: Final = 10

DATABASE_FILE: Final = "vigilar.db"

EVENT_VIGILAR: Final = "vigilar_event"
EVENT_VIGILAR_UPDATED: Final = "vigilar_event_updated"
EVENT_VIGILAR_ENDED: Final = "vigilar_event_ended"

ISSUE_AUTH_FAILED: Final = "auth_failed"
ISSUE_BROKER_AWAY: Final = "broker_away"
ISSUE_CAMERA_MISSING: Final = "camera_missing"
ISSUE_CAMERA_UNREACHABLE: Final = "camera_unreachable"
ISSUE_DATABASE_MOVED_ASIDE: Final = "database_moved_aside"
ISSUE_MODEL_UNUSABLE: Final = "model_unusable"
ISSUE_OBJECT_RUNTIME: Final = "object_runtime_missing"
ISSUE_MEDIA_DISK_FULL: Final = "media_disk_full"
ISSUE_MEDIA_FOLDER_MISSING: Final = "media_folder_missing"
ISSUE_SENSOR_MISSING: Final = "sensor_missing"
ISSUE_SENSOR_STUCK: Final = "sensor_stuck"
ISSUE_SELF_TEST_FAILED: Final = "self_test_failed"
