"""A real Home Assistant process with a configuration folder of its own."""

import json
from pathlib import Path
import subprocess
import sys
from typing import Any, Final
import urllib.request

from .auth import Tokens, login
from .process import LOOPBACK, HarnessError, ManagedProcess

REPOSITORY: Final = Path(__file__).resolve().parents[2]
USER: Final = "demo"
PASSWORD: Final = "demo"

# No default_config: nothing that would look for devices or call out. Media within
# the folder: in a container they would go to one that all processes share.
CONFIGURATION: Final = """\
homeassistant:
  media_dirs:
    local: {media}
  name: Vigilar
  time_zone: UTC
  unit_system: metric
  country: NL
  currency: EUR
  language: en

frontend:
config:
media_source:

logger:
  default: warning
  logs:
    custom_components.vigilar: info
"""


class HomeAssistantProcess(ManagedProcess):
    """Home Assistant on the loopback address, onboarded, with one user.

    Attributes:
        config_dir: The configuration folder.
        url: Address of the frontend and the API, without a trailing slash.
    """

    def __init__(
        self,
        config_dir: Path,
        port: int,
        *,
        python: str = sys.executable,
        configuration: str = "",
    ) -> None:
        """Prepare the configuration folder; nothing runs yet.

        A folder that has been prepared before is used as it is.

        Args:
            config_dir: The configuration folder; made if missing.
            port: TCP port.
            python: Interpreter whose Home Assistant is started.
            configuration: YAML appended to the configuration.

        Raises:
            HarnessError: The user could not be created.
        """
        self.config_dir = config_dir
        self.port = port
        self.url = f"http://{LOOPBACK}:{port}"
        self._python = python
        self._tokens: Tokens | None = None
        if not (config_dir / "configuration.yaml").exists():
            self._prepare(configuration)
        self._write_http_store()
        super().__init__(
            "Home Assistant",
            [python, "-m", "homeassistant", "-c", str(config_dir), "--log-no-color"],
            log_file=config_dir / "process.log",
            # The folder's components, not those of where this was started.
            env={"SETUP_PORT": str(port), "PYTHONSAFEPATH": "1", "PYTHONPATH": ""},
            ready=self._is_running,
            ready_timeout=180,
            stop_timeout=60,
        )

    @property
    def home_assistant_log(self) -> Path:
        """Return Home Assistant's own log of the current run."""
        return self.config_dir / "home-assistant.log"

    def _prepare(self, configuration: str) -> None:
        """Fill an empty configuration folder."""
        (self.config_dir / ".storage").mkdir(parents=True, exist_ok=True)
        (self.config_dir / "custom_components").symlink_to(
            REPOSITORY / "custom_components"
        )
        self._write_store(
            "onboarding",
            4,
            {"done": ["user", "core_config", "analytics", "integration"]},
        )
        self.add_user(USER)
        media = self.config_dir / "media"
        media.mkdir()
        (self.config_dir / "configuration.yaml").write_text(
            CONFIGURATION.format(media=media.absolute()) + configuration
        )

    def add_user(self, name: str) -> None:
        """Create a user with Home Assistant's own script, before the first start.

        Raises:
            HarnessError: The user could not be created.
        """
        added = subprocess.run(
            [
                *(self._python, "-m", "homeassistant", "--script", "auth"),
                *("-c", str(self.config_dir), "add", name, PASSWORD),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if added.returncode:
            raise HarnessError(
                f"the user could not be created:\n{added.stdout}{added.stderr}"
            )

    def _write_http_store(self) -> None:
        """Bind to the loopback address only.

        A stable stored configuration needs no confirmation, unlike one in YAML.
        """
        stable = {
            "server_host": [LOOPBACK],
            "server_port": self.port,
            "cors_allowed_origins": [],
            "login_attempts_threshold": -1,
            "ip_ban_enabled": False,
            "ssl_profile": "intermediate_v6",
            "use_x_frame_options": True,
            "created_at": "2026-01-01T00:00:00+00:00",
            "error": None,
            "error_message": None,
        }
        self._write_store(
            "http", 3, {"stable": stable, "pending": None, "yaml_migration_done": True}
        )

    def _write_store(self, key: str, version: int, data: dict[str, Any]) -> None:
        """Write one file of Home Assistant's storage."""
        content = {"version": version, "minor_version": 1, "key": key, "data": data}
        (self.config_dir / ".storage" / key).write_text(json.dumps(content))

    def login(self) -> Tokens:
        """Log in as the user of the folder."""
        return login(self.url, USER, PASSWORD)

    def _is_running(self) -> bool:
        """Return whether Home Assistant says that it runs."""
        try:
            tokens = self._tokens or self.login()
            request = urllib.request.Request(
                f"{self.url}/api/core/state",
                headers={"Authorization": f"Bearer {tokens.access_token}"},
            )
            with urllib.request.urlopen(request, timeout=5) as answer:
                state: dict[str, Any] = json.load(answer)
        except OSError, ValueError:
            self._tokens = None
            return False
        self._tokens = tokens
        return state.get("state") == "RUNNING"
