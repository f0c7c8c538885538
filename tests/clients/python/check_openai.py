"""openai-python, given only an endpoint and a token provider: both surfaces, direct and through API Management.

Run it with the variables of `cargo local start --no-host --seed tests/clients/seed.toml --env-file FILE`; see
../README.md. Ends with 1 at the first thing that is not as in Azure.
"""

import os

import openai
from azure.identity import ManagedIdentityCredential, get_bearer_token_provider
from azure.keyvault.secrets import SecretClient
from openai import AzureOpenAI, OpenAI

ENDPOINT = os.environ["OPENAI__endpoint"]
GATEWAY = os.environ["OPENAI__baseUrl"].removesuffix("/openai/v1")
VERSION = "2024-10-21"
MESSAGES = [{"role": "user", "content": "Say hello to the world."}]


def provider(scope, identity="OPENAI__clientId"):
    return get_bearer_token_provider(ManagedIdentityCredential(client_id=os.environ[identity]), scope)


def chat(client):
    """The same answer in one piece and event by event, with the same usage."""
    whole = client.chat.completions.create(model="chat", messages=MESSAGES)
    text, usage = whole.choices[0].message.content, whole.usage
    assert "Say hello to the world." in text and whole.choices[0].finish_reason == "stop", whole
    stream = client.chat.completions.create(
        model="chat", messages=MESSAGES, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    pieces = [choice.delta.content or "" for chunk in chunks for choice in chunk.choices]
    assert "".join(pieces) == text and len(pieces) > 5, pieces
    assert chunks[-1].usage.total_tokens == usage.total_tokens, (chunks[-1].usage, usage)
    return text


def responses(client):
    whole = client.responses.create(model="chat", input="Say hello to the world.")
    assert whole.status == "completed" and "Say hello" in whole.output_text, whole
    events = list(client.responses.create(model="chat", input="Say hello to the world.", stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text == whole.output_text and events[-1].type == "response.completed", events[-1]


def refused(kind, status, code, act):
    try:
        act()
    except kind as error:
        assert (error.status_code, error.code) == (status, code), error
        return
    raise AssertionError(f"not refused: {code}")


key = SecretClient(
    os.environ["KEYVAULT__vaultUri"], ManagedIdentityCredential(client_id=os.environ["KEYVAULT__clientId"])
).get_secret("chat-subscription-key").value
headers = {"api-key": key}
cognitive, foundry, gateway = (
    provider(f"{resource}/.default")
    for resource in ("https://cognitiveservices.azure.com", "https://ai.azure.com", os.environ["OPENAI__audience"])
)

direct = OpenAI(base_url=f"{ENDPOINT}/openai/v1/", api_key=foundry)
text = chat(direct)
responses(direct)
assert chat(OpenAI(base_url=f"{ENDPOINT}/openai/v1/", api_key=cognitive)) == text
versioned = AzureOpenAI(azure_endpoint=ENDPOINT, azure_ad_token_provider=cognitive, api_version=VERSION)
assert chat(versioned) == text
print("direct: v1 and deployments, buffered and streamed")

behind = OpenAI(base_url=f"{GATEWAY}/openai/v1", api_key=gateway, default_headers=headers)
assert chat(behind) == text
responses(behind)
assert chat(AzureOpenAI(
    azure_endpoint=GATEWAY, azure_ad_token_provider=gateway, api_version=VERSION, default_headers=headers
)) == text
print("through the gateway: v1 and deployments, buffered and streamed")

other = OpenAI(base_url=f"{ENDPOINT}/openai/v1/", api_key=provider(
    "https://cognitiveservices.azure.com/.default", "KEYVAULT__clientId"
))
refused(openai.AuthenticationError, 401, "PermissionDenied", lambda: chat(other))
missing = lambda: versioned.chat.completions.create(model="nothing", messages=MESSAGES)
refused(openai.NotFoundError, 404, "DeploymentNotFound", missing)
for nobody in (
    # A client ID that leaked opens nothing, nor does the subscription key: neither the model nor the gateway.
    OpenAI(base_url=f"{ENDPOINT}/openai/v1/", api_key=os.environ["OPENAI__clientId"], max_retries=0),
    OpenAI(base_url=f"{ENDPOINT}/openai/v1/", api_key=key, max_retries=0),
    OpenAI(base_url=f"{GATEWAY}/openai/v1", api_key=key, default_headers=headers, max_retries=0),
    OpenAI(base_url=f"{GATEWAY}/openai/v1", api_key=gateway, max_retries=0),
):
    try:
        chat(nobody)
    except (openai.AuthenticationError, openai.PermissionDeniedError):
        continue
    raise AssertionError("not refused")
print("who may not is refused")
print("ok")
