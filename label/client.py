"""What is asked of an Argilla server, over its REST API.

Plain HTTP and not Argilla's SDK: a dozen requests say all that is needed, the SDK imports `datasets` and
builds an object a record, and re-reading one record's answers takes one request of it anyway.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from label.home import Home
from seimai.errors import SeimaiError

if TYPE_CHECKING:
    import httpx

KEY_VARIABLE = "SEIMAI_ARGILLA_API_KEY"

PAGE = 200
"""Records of one request; the server takes at most 500 to write and 1000 to read."""


def find_api_key(url: str) -> str:
    """The key from the environment or, for a server on this machine only, from its secrets file.

    Raises:
        SeimaiError: if there is none.
    """
    key = os.environ.get(KEY_VARIABLE)
    if not key and urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1"):
        key = Home(Home.default()).api_key()
    if not key:
        raise SeimaiError(
            f"no API key for Argilla at {url}: set {KEY_VARIABLE}, "
            "or start a local server by `seimai label serve`"
        )
    return key


@dataclass(frozen=True)
class Argilla:
    """An open connection to a server, signed in by an API key."""

    url: str
    http: "httpx.Client"

    @classmethod
    def connect(cls, url: str, api_key: str | None = None) -> Self:
        """Sign in.

        Raises:
            SeimaiError: if nothing answers, or the key is not accepted.
        """
        import httpx

        url = url.rstrip("/")
        headers = {"X-Argilla-Api-Key": api_key or find_api_key(url)}
        # trust_env off: a proxy setting must not carry the texts out of the building.
        http = httpx.Client(base_url=f"{url}/api/v1/", headers=headers, timeout=120, trust_env=False)
        argilla = cls(url, http)
        try:
            argilla.request("GET", "me")
        except BaseException:
            http.close()
            raise
        return argilla

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()

    def request(self, method: str, path: str, **content: Any) -> Any:
        """One request; returns the reply's JSON.

        Raises:
            SeimaiError: if nothing answers, or the server refuses; it cites the server's words.
        """
        import httpx

        try:
            reply = self.http.request(method, path, **content)
        except httpx.TransportError as error:
            raise SeimaiError(
                f"no Argilla answers at {self.url} ({type(error).__name__}): "
                "start one by `seimai label serve`"
            ) from error
        if reply.status_code == 401:
            raise SeimaiError(f"Argilla at {self.url} does not accept the API key: check {KEY_VARIABLE}")
        if reply.is_error:
            raise SeimaiError(f"Argilla at {self.url} refused {method} {path}: {reply.text[:500]}")
        return reply.json() if reply.content else None

    def workspace(self, name: str) -> str:
        """The id of a workspace, which is made if it is not there (that takes an owner's key)."""
        for found in self.request("GET", "me/workspaces")["items"]:
            if found["name"] == name:
                return found["id"]
        return self.request("POST", "workspaces", json={"name": name})["id"]

    def dataset(self, name: str, workspace_id: str) -> dict[str, Any] | None:
        """A dataset by its name."""
        found = self.request("GET", "me/datasets", params={"workspace_id": workspace_id})["items"]
        return next((dataset for dataset in found if dataset["name"] == name), None)

    def upsert(self, dataset_id: str, records: Sequence[dict[str, Any]]) -> None:
        """Write records by their `external_id`; writing one again changes nothing but its fields."""
        self.request("PUT", f"datasets/{dataset_id}/records/bulk", json={"items": list(records)})

    def count(self, dataset_id: str) -> int:
        """The number of a dataset's records."""
        return self.request("GET", f"datasets/{dataset_id}/progress")["total"]

    def records(self, dataset_id: str) -> Iterator[dict[str, Any]]:
        """All records with everyone's responses, in the order of their making."""
        offset = 0
        while True:
            wanted = {"include": "responses", "offset": offset, "limit": PAGE}
            items = self.request("GET", f"datasets/{dataset_id}/records", params=wanted)["items"]
            yield from items
            if len(items) < PAGE:
                return
            offset += PAGE

    def usernames(self) -> dict[str, str]:
        """From user ids to names; empty when the key is not an owner's."""
        if self.request("GET", "me")["role"] != "owner":
            return {}
        return {user["id"]: user["username"] for user in self.request("GET", "users")["items"]}

    def add_annotator(self, username: str, password: str, workspace: str) -> dict[str, Any]:
        """Make a user who may label in one workspace; returns it, with its API key."""
        account = {"username": username, "first_name": username, "password": password, "role": "annotator"}
        user = self.request("POST", "users", json=account)
        self.request("POST", f"workspaces/{self.workspace(workspace)}/users", json={"user_id": user["id"]})
        return user
