"""An npm registry as Deno is shown it: of each version what resolving needs, and archives that were looked through."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from yarl import URL

from rulemint_runner.packages.installing.archives import check_tarball
from rulemint_runner.packages.installing.references import foreign_in_npm, is_npm_name, refusal_of
from rulemint_runner.packages.installing.refusal import InstallError
from rulemint_runner.packages.installing.room import Room
from rulemint_runner.packages.installing.shelf import MAX_INDEX_BYTES, Files, Given, Listed
from rulemint_runner.packages.installing.upstream import Upstream

_ACCEPT = "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8"
_KEPT = (
    "name", "version", "dependencies", "optionalDependencies", "peerDependencies", "peerDependenciesMeta",
    "bundleDependencies", "bundledDependencies", "os", "cpu", "libc", "deprecated",
)  # fmt: skip
"""Not ``scripts``, ``hasInstallScript`` or ``bin``: nothing of a package is ever run."""


class NpmShelf:
    """The packages of one registry."""

    def __init__(self, upstream: Upstream, room: Room, base: str) -> None:
        """*base* is the gate's own URL, which the paths of files are put behind."""
        self._upstream = upstream
        self._room = room
        self._base = base
        self.files = Files(upstream)
        self._refused: dict[str, InstallError] = {}
        self._counted: set[str] = set()

    async def answer(self, path: str) -> Given | None:
        """See `Shelf`."""
        kind, _, name = path.partition("/")
        if kind == "npm":
            return await self._package(name) if is_npm_name(name) else None
        listed = self.files.find(path)
        return None if listed is None else await self._archive(path, listed)

    async def _package(self, name: str) -> Given:
        found = await self._upstream.get(
            package_url(self._upstream.registry, name),
            accept=_ACCEPT,
            most=MAX_INDEX_BYTES,
            too_large=f"{name}: the registry says more than {MAX_INDEX_BYTES // 1024**2} MiB about it",
        )
        try:
            said = msgspec.json.decode(found.body)
            versions = {
                version: shown
                for version, manifest in said["versions"].items()
                if (shown := self._shown(f"{name}@{version}", manifest, found.url)) is not None
            }
            packument = {"name": name, "dist-tags": said.get("dist-tags", {}), "versions": versions}
        except (msgspec.MsgspecError, RecursionError, ValueError, TypeError, KeyError, AttributeError):
            raise InstallError(f"{name}: what the registry says about it cannot be read") from None
        return Given(content_type="application/json", body=msgspec.json.encode(packument))

    def _shown(self, package: str, manifest: Any, found_at: URL) -> dict[str, Any] | None:
        """Return a version as Deno sees it; one that asks for what no registry has is refused once it is chosen."""
        if not isinstance(manifest, dict) or not isinstance(manifest.get("dist"), dict):
            return None
        if not isinstance(manifest["dist"].get("tarball"), str):
            return None
        shown = {key: manifest[key] for key in _KEPT if key in manifest}
        dist = {key: manifest["dist"][key] for key in ("integrity", "shasum") if key in manifest["dist"]}
        url = found_at.join(URL(manifest["dist"]["tarball"]))
        path = self.files.add(Listed(url=url, package=package), "package.tgz")
        for wanted in foreign_in_npm(manifest):
            self._refused[path] = refusal_of(package, wanted)
        if path in self._refused:
            shown = {key: value for key, value in shown.items() if not key.endswith("ependencies")}
        return {**shown, "dist": {**dist, "tarball": f"{self._base}{path}"}}

    async def _archive(self, path: str, listed: Listed) -> Given:
        if path in self._refused:
            raise self._refused[path]
        content = await self.files.fetch(listed)
        if path not in self._counted:
            self._counted.add(path)
            await asyncio.to_thread(check_tarball, listed.package, content, self._room)
        return Given(content_type="application/octet-stream", body=content)


def package_url(registry: URL, name: str) -> URL:
    """Return the URL at which *registry* speaks about *name*; a scope's slash is escaped, as npm does."""
    base = str(registry).rstrip("/")
    return URL(f"{base}/{name.replace('/', '%2f')}", encoded=True)
