"""Everything that the API lists, over every service that Amazon's own models and the emulator know.

Each operation that lists and needs no argument is called; of what it answers, the identity of each thing
is printed as JSON, `{"service": {"operation": ["identity", ...]}}`. Compared before and after, it shows
what a destroy has left.
"""

import json
import re
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import botocore.config
import botocore.session

ENDPOINT, REGION = sys.argv[1:3]
LISTS = re.compile(r"^(List|Describe|Get)")
# Not things that somebody made: what has happened, what could be had, what is measured, and labels of things.
NOT_THINGS = re.compile(
    r"Events?$|History|Offerings?|EngineVersions|Activities|Operations$|Quotas|Metrics$|Prices|Token$"
    r"|^DescribeTags$|^GetTag(Keys|Values)$|^GetResources$"
)
# AWS too goes on to list some things for a while after their end, and says so.
OVER = {"deleted", "terminated", "inactive", "delete_complete"}
IDENTITY = ("Arn", "ARN", "Id", "Name", "Key", "Value")
KEY_STATES = {}

session = botocore.session.Session()
config = botocore.config.Config(retries={"max_attempts": 0}, read_timeout=20)


def known_services():
    with urllib.request.urlopen(f"{ENDPOINT}/_ministack/health", timeout=10) as answer:
        emulated = json.load(answer)["services"]
    modelled = session.get_available_services()
    prefixes = {name: session.get_service_model(name).endpoint_prefix for name in modelled}
    return [name for name in modelled if name in emulated or prefixes[name] in emulated]


def identity(thing):
    if not isinstance(thing, dict):
        return str(thing)
    for ending in IDENTITY:
        for key in sorted(thing, key=len):
            if key.lower().endswith(ending.lower()) and isinstance(thing[key], str):
                return thing[key]
    return json.dumps(thing, sort_keys=True, default=str)


def is_over(thing):
    states = (thing.get(name) for name in ("State", "Status", "status", "state")) if isinstance(thing, dict) else ()
    return any(isinstance(state, str) and state.lower() in OVER for state in states)


def things(answer):
    found = []
    for key, value in answer.items():
        if key == "ResponseMetadata" or not isinstance(value, (list, dict)):
            continue
        if isinstance(value, dict):
            found += things({k: v for k, v in value.items() if isinstance(v, list)})
        else:
            found += [identity(each) for each in value if not is_over(each)]
    return found


def look(name):
    client = session.create_client(
        name, region_name=REGION, endpoint_url=ENDPOINT, config=config,
        aws_access_key_id="test", aws_secret_access_key="test",
    )
    answers = {}
    for operation in client.meta.service_model.operation_names:
        model = client.meta.service_model.operation_model(operation)
        needs = model.input_shape.required_members if model.input_shape else []
        if not LISTS.match(operation) or NOT_THINGS.search(operation) or needs:
            continue
        call = client.meta.method_to_api_mapping
        method = next(python for python, api in call.items() if api == operation)
        try:
            found = things(getattr(client, method)())
        except Exception:  # The emulator does not know it: nothing can have been made by it.
            continue
        answers[operation] = sorted(found)
    if name == "kms":
        note_keys(client, answers)
    return name, answers


def note_keys(client, answers):
    """A key goes only after a waiting time; until then it is listed, by name and as pending."""
    described = []
    for key in answers.pop("ListKeys", []):
        metadata = client.describe_key(KeyId=key.rsplit("/", 1)[-1])["KeyMetadata"]
        state = metadata["KeyState"]
        described.append(f"{state}: {metadata.get('Description') or key}")
    answers["ListKeys"] = sorted(described)


with ThreadPoolExecutor(8) as pool:
    found = dict(pool.map(look, known_services()))
json.dump({name: answers for name, answers in found.items() if answers}, sys.stdout)
