"""The benchmark's jobs as a Python custom handler: official Azure SDKs (asyncio), aiohttp and uvloop, one client of each
kind for the whole process, keep-alive everywhere, tokens kept by the SDK, the subscription key kept for five minutes."""

import asyncio
import os
import time
from datetime import datetime, timezone

import aiohttp
import uvloop
from aiohttp import web
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError
from azure.identity.aio import ManagedIdentityCredential
from azure.keyvault.secrets.aio import SecretClient
from azure.storage.blob import ContentSettings
from azure.storage.blob.aio import BlobServiceClient

ENV = os.environ
STARTED = time.monotonic()
SECRET_LIFETIME = 5 * 60
BLOCK = 4 * 1024 * 1024
SOURCES = dict(source.split("=", 1) for source in ENV["SNAPSHOT_SOURCES"].split(","))
NOT_PASSED_ON = {"connection", "transfer-encoding", "content-encoding", "keep-alive"}


def identity(name):
    return ManagedIdentityCredential(client_id=ENV[name + "__clientId"])


class App:
    async def start(self, _):
        self.vault = SecretClient(ENV["KEYVAULT__vaultUri"], identity("KEYVAULT"))
        storage = BlobServiceClient(
            ENV["STORAGE__blobServiceUri"], identity("STORAGE"), max_block_size=BLOCK, max_single_put_size=BLOCK
        )
        self.snapshots = storage.get_container_client(ENV["SNAPSHOT_CONTAINER"])
        self.uploads = storage.get_container_client(ENV["UPLOAD_CONTAINER"])
        self.caller = identity("APIM")
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=60)
        self.http = aiohttp.ClientSession(trust_env=True, connector=connector, auto_decompress=False)
        self.key, self.key_until, self.key_lock = None, 0.0, asyncio.Lock()

    async def stop(self, _):
        await self.http.close()

    async def subscription_key(self):
        if time.monotonic() >= self.key_until:
            async with self.key_lock:
                if time.monotonic() >= self.key_until:
                    self.key = (await self.vault.get_secret(ENV["APIM__subscriptionKeySecret"])).value
                    self.key_until = time.monotonic() + SECRET_LIFETIME
        return self.key

    async def headers(self):
        token, key = await asyncio.gather(
            self.caller.get_token(ENV["APIM__audience"] + "/.default"), self.subscription_key()
        )
        return {"Authorization": "Bearer " + token.token, ENV["APIM__subscriptionKeyHeader"]: key}

    async def health(self, _):
        return web.json_response(
            {"status": "ok", "version": "0.1.0", "uptimeSeconds": int(time.monotonic() - STARTED)}
        )

    async def snapshot(self, request):
        source = request.match_info["source"]
        path = SOURCES.get(source)
        if path is None:
            return web.json_response({"error": {"code": "NotFound", "message": "no such source"}}, status=404)
        async with self.http.get(ENV["APIM__baseUrl"] + path, headers=await self.headers()) as reply:
            reply.raise_for_status()
            body, kind = await reply.read(), reply.headers.get("content-type")
        now = datetime.now(timezone.utc)
        blob = self.snapshots.get_blob_client(f"{source}/{now:%Y/%m/%d/%H%M}00Z.json")
        status, etag = 201, ""
        try:
            settings = ContentSettings(content_type=kind)
            written = await blob.upload_blob(body, length=len(body), overwrite=False, content_settings=settings)
            etag = written["etag"]
        except (ResourceExistsError, ResourceModifiedError):
            status = 200
        result = {"source": source, "slot": f"{now:%Y-%m-%dT%H:%M}:00Z", "url": blob.url, "etag": etag, "size": len(body)}
        return web.json_response(result, status=status, headers={"Location": blob.url})

    async def upload(self, request):
        name, length = request.match_info["name"], request.content_length
        blob = self.uploads.get_blob_client(name)
        data = await request.read() if length <= BLOCK else request.content.iter_chunked(BLOCK)
        settings = ContentSettings(content_type=request.content_type)
        written = await blob.upload_blob(data, length=length, overwrite=False, content_settings=settings)
        result = {"name": name, "url": blob.url, "etag": written["etag"], "size": length}
        return web.json_response(result, status=201, headers={"Location": blob.url})

    async def relay(self, request):
        url = ENV["APIM__baseUrl"] + "/" + request.match_info["path"]
        body = request.content if request.can_read_body else None
        async with self.http.request(request.method, url, headers=await self.headers(), data=body) as reply:
            headers = {name: value for name, value in reply.headers.items() if name.lower() not in NOT_PASSED_ON}
            response = web.StreamResponse(status=reply.status, headers=headers)
            await response.prepare(request)
            async for chunk in reply.content.iter_any():
                await response.write(chunk)
            await response.write_eof()
            return response


def main():
    app, web_app = App(), web.Application(client_max_size=1 << 31)
    web_app.on_startup.append(app.start)
    web_app.on_cleanup.append(app.stop)
    web_app.add_routes(
        [
            web.get("/", app.health),
            web.get("/api/health", app.health),
            web.post("/api/snapshots/{source}", app.snapshot),
            web.put("/api/uploads/{name:.+}", app.upload),
            web.route("*", "/api/relay/{path:.+}", app.relay),
        ]
    )
    port = int(ENV["FUNCTIONS_CUSTOMHANDLER_PORT"])
    web.run_app(web_app, host="127.0.0.1", port=port, print=None, access_log=None, loop=uvloop.new_event_loop())


main()
