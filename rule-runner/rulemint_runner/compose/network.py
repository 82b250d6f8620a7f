"""Opens what reaches the network: the egress broker, and installations of packages."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from rulemint_runner.egress.client import EgressBroker, open_egress
from rulemint_runner.packages.install_folders import InstallFolders
from rulemint_runner.packages.messages import InstallTerms
from rulemint_runner.packages.package_installer import PackageInstaller
from rulemint_runner.packages.package_store import PackageStore
from rulemint_runner.sandbox.preflight import missing_kernel_layers
from rulemint_runner.settings import RunnerSettings
from rulemint_shared.redis.client import RedisClient


def open_broker(settings: RunnerSettings) -> AbstractAsyncContextManager[EgressBroker]:
    """Open the broker of all calls of rules."""
    files = (settings.egress_hosts_file, settings.egress_ca_file)
    hosts_file, ca_file = (None if path is None else str(path) for path in files)
    without = missing_kernel_layers() if settings.insecure_sandbox else ()
    return open_egress(
        allow_private=_private_networks(settings),
        hosts_file=hosts_file,
        ca_file=ca_file,
        without=without,
        landlock_abi=settings.landlock_abi,
    )


def an_installer(
    settings: RunnerSettings, redis: RedisClient, packages: PackageStore, *, deno: str
) -> PackageInstaller:
    """Make the installer of packages, after it has removed what earlier installations left."""
    terms = InstallTerms(
        folder_mib=settings.install_mb,
        files=settings.install_files,
        memory_mib=settings.install_memory_mb,
        allow_private=tuple(_private_networks(settings)),
        within=None if settings.install_folder is None else str(settings.install_folder),
        ca_file=None if settings.egress_ca_file is None else str(settings.egress_ca_file),
        landlock_abi=settings.landlock_abi,
    )
    InstallFolders(terms.within).remove_what_is_left()
    return PackageInstaller(
        redis,
        packages,
        deno=deno,
        npm_registry=settings.npm_registry,
        pypi_index=settings.pypi_index,
        at_once=settings.max_installations,
        terms=terms,
    )


def _private_networks(settings: RunnerSettings) -> list[str]:
    return [network for network in settings.egress_allow_private.replace(" ", "").split(",") if network]
