"""``make demo``: the whole hub with demonstration data, until Ctrl-C."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
from collections.abc import Mapping

from dev import build, ports, stamps
from dev.console import Step, Steps, say, shown
from dev.django import environment, manage
from dev.interrupts import Interrupted
from dev.layout import Layout
from dev.services import only_one, services
from dev.supervisor import Supervisor

PASSWORD = "demo-hub-2026"  # noqa: S105 - of invented people, on this machine only
ACCOUNTS = {
    "manager.at@example.org": "manages a cluster in Austria",
    "manager.es@example.org": "manages a cluster in Spain",
    "policy.ro@example.org": "works for a public authority in Romania: officer of the full programme of exchanges",
    "officer.ro@example.org": "a colleague there, and officer of the same programme",
    "policy.at@example.org": "works for a public authority in Austria: officer of the light programme, and reviews",
    "policy.pl@example.org": "works for a public authority in Poland, and reviews",
    "network@example.org": "manages a network of clusters: guest and host of exchanges",
    "galazio@example.org": "manages a cluster in Greece: host of exchanges",
    "hub@example.org": "manages a digital innovation hub in Poland: guest of exchanges",
    "kutato@example.org": "manages a research institute in Hungary: guest of exchanges",
    "expert@example.org": "expert",
    "provider@example.org": "training and service provider",
    "curator@example.org": "curator: the moderation queue in /admin/",
    "admin@example.org": "administrator",
}
_OK = 200


def demo(layout: Layout) -> None:
    """Build what is missing, start everything, and keep it running."""
    host = os.environ.get("HOST") or "127.0.0.1"
    port = ports.read_port(os.environ.get("PORT") or "8000")
    with only_one(layout, "demo", "The demo of this checkout runs already") as lock:
        ports.require_free(host, port)
        steps = Steps(build.STEPS + 4)
        build.build(layout, steps)
        with contextlib.ExitStack() as stack:
            with steps.step("PostgreSQL and Valkey") as step:
                urls = stack.enter_context(services(layout, step))
            mail_port = ports.free_port()
            env = _environment(layout, urls.environment(), host, port, mail_port)
            _prepare(layout, env, steps)
            supervisor = stack.enter_context(Supervisor(env=env, cwd=layout.root))
            with steps.step("Web, workers, beat and mail"):
                _start_processes(supervisor, layout, host, port, mail_port)
            address = f"{_site_url(host, port)}/"
            lock.write_text(f"process {os.getpid()}, {address}", encoding="utf-8")
            _announce(layout, address)
            try:
                supervisor.watch()
            except Interrupted:
                say("\nStopping …")
        say("Everything is stopped.")


def _environment(
    layout: Layout, urls: dict[str, str], host: str, port: int, mail_port: int
) -> dict[str, str]:
    mail = layout.local / "mail"
    extra = {
        "DEMO": "1",
        "EMAIL_URL": f"smtp://127.0.0.1:{mail_port}",
        "DEMO_MAIL_DIR": str(mail),
        "MEDIA_ROOT": os.environ.get("MEDIA_ROOT") or str(layout.local / "media"),
        "SITE_URL": _site_url(host, port),
        "ALLOWED_HOSTS": os.environ.get("ALLOWED_HOSTS") or f"127.0.0.1,localhost,[::1],{host}",
        "PORT": str(port),
    }
    return environment(layout, "local", **urls, **extra)


def _prepare(layout: Layout, env: Mapping[str, str], steps: Steps) -> None:
    anew = "correct what it says; if the demo data is beyond repair, 'make clean' and start again"
    with steps.step("Tables, reference data and demo data"):
        manage(layout, env, "prepare_demo", todo=anew)
    with steps.step("Static files") as step:
        collect_static(layout, env, step)


def collect_static(layout: Layout, env: Mapping[str, str], step: Step) -> None:
    """Gather static files under names that carry their hash, and compile the translations where there are any."""
    stamp = layout.local / "stamps" / "static"
    translations = sorted(layout.root.glob("locale/*/LC_MESSAGES/*.po"))
    sources = [layout.root / "static", *sorted(layout.root.glob("apps/*/static")), *translations]
    compiler = shutil.which("msgfmt") if translations else None
    value = stamps.fingerprint([*sources, layout.root / "requirements.txt"], extra=compiler or "")
    if stamps.is_current(stamp, value) and (layout.root / "staticfiles").is_dir():
        step.outcome = "unchanged"
        return
    todo = "correct what it says, then try again"
    manage(layout, env, "collectstatic", "--no-input", "--clear", todo=todo)
    if compiler:
        # Django would compile every translation that it finds below, in the Python environment as well.
        others = [part for folder in (".venv", "node_modules", ".local") for part in ("--ignore", folder)]
        manage(layout, env, "compilemessages", *others, todo=todo)
    elif translations:
        step.note("translations are left out: no gettext was found (Debian: apt-get install gettext)")
    stamps.write(stamp, value)


def _start_processes(supervisor: Supervisor, layout: Layout, host: str, port: int, mail_port: int) -> None:
    mail = layout.local / "mail"
    celery = [layout.tool("celery"), "-A", "clusterhub"]
    sink = [
        "-m",
        "aiosmtpd",
        "-n",
        "-l",
        f"127.0.0.1:{mail_port}",
        "-c",
        "aiosmtpd.handlers.Mailbox",
        str(mail),
    ]
    schedule = ["-s", str(layout.local / "celerybeat-schedule"), "--pidfile="]
    web_log = layout.log("web")
    supervisor.start("mail", [layout.python, *sink], layout.log("mail"))
    for name, queue, slots in (("worker", "celery", "2"), ("extraction", "extraction", "1")):
        options = ["-l", "INFO", "-Q", queue, "-c", slots, "-n", f"{name}@%h"]
        supervisor.start(name, [*celery, "worker", *options], layout.log(name))
    supervisor.start("beat", [*celery, "beat", "-l", "INFO", *schedule], layout.log("beat"))
    supervisor.start("web", web_command(layout, host, port), web_log)
    supervisor.wait_ready(
        lambda: _is_ready(_reachable(host), port),
        timeout=90,
        what="The hub did not become ready",
        log=web_log,
    )


def web_command(layout: Layout, host: str, port: int) -> list[str]:
    """See docs/adr/0002-web-server.md."""
    return [
        *[layout.tool("granian"), "--interface", "wsgi", "--host", host, "--port", str(port), "--no-ws"],
        *["--workers", "2", "--blocking-threads", "16", "--workers-kill-timeout", "5"],
        "clusterhub.wsgi:application",
    ]


def _is_ready(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == _OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _reachable(host: str) -> str:
    return "127.0.0.1" if host in ("", "0.0.0.0") else host  # noqa: S104 - compared, not bound


def _site_url(host: str, port: int) -> str:
    """By name where it is this machine: browsers allow passkeys on localhost, but not on a numeric address."""
    reachable = _reachable(host)
    return f"http://{'localhost' if reachable == '127.0.0.1' else reachable}:{port}"


def _announce(layout: Layout, address: str) -> None:
    say(f"\nClusterHub runs at {address}")
    say(f"Mail that the hub sent: {address}demo/mail/\n")
    say(f"Sign in with the password {PASSWORD} as")
    for email, role in ACCOUNTS.items():
        say(f"  {email:<24} {role}")
    say(f"\nLogs: {shown(layout.logs)}/ · stop with Ctrl-C")
