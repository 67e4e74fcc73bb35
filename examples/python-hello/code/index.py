import json
import logging

logger = logging.getLogger()
state = {"initialized": 0, "invocations": 0}


def initialize(context):
    """Runs once, before the first event of an instance."""
    state["initialized"] += 1
    logger.info("initialized")


def handler(event, context):
    """The event is bytes; what is returned is made JSON unless it is text or bytes."""
    name = json.loads(event).get("name", "world") if event else "world"
    state["invocations"] += 1
    logger.info("greeting %s", name)
    return {"message": f"Hello, {name}!", "requestId": context.request_id, **state}
