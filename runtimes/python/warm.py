"""The handler that WARM frames run: loaded and called on the path that a function's takes."""


def handler(event, context):
    return {"event": event.decode("utf-8", "replace"), "requestId": context.request_id}
