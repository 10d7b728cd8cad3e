"""A server and a client of gRPC (C-core) that know nothing of error trees: `peer.py serve`, `peer.py call TARGET CALLS AT_ONCE ASK`."""

import base64
import json
import sys
import threading
import time
from concurrent import futures

import grpc

FIELD = "x-error-tree-bin"
KINDS = ("Unary", "ClientStream", "ServerStream", "Bidi")


def respond(script, context):
    """Ends a call as its script says."""
    trailers = [("from", script["name"])]
    if "details_bin" in script:
        trailers.append(("grpc-status-details-bin", base64.b64decode(script["details_bin"])))
    if script.get("filler"):
        trailers.append(("filler", "x" * script["filler"]))
    context.set_trailing_metadata(tuple(trailers))
    if script["code"] != 0:
        code = next(one for one in grpc.StatusCode if one.value[0] == script["code"])
        context.abort(code, script["details"])


def unary(request, context):
    respond(json.loads(request), context)
    return b"well"


def client_stream(requests, context):
    first = None
    for request in requests:
        first = first or request
    respond(json.loads(first), context)
    return b"well"


def server_stream(request, context):
    for _ in range(3):
        yield b"well"
    respond(json.loads(request), context)


def bidi(requests, context):
    first = None
    for request in requests:
        first = first or request
        yield b"well"
    respond(json.loads(first), context)


def serve():
    handlers = {
        "Unary": grpc.unary_unary_rpc_method_handler(unary),
        "ClientStream": grpc.stream_unary_rpc_method_handler(client_stream),
        "ServerStream": grpc.unary_stream_rpc_method_handler(server_stream),
        "Bidi": grpc.stream_stream_rpc_method_handler(bidi),
    }
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("peer.Peer", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(json.dumps({"port": port}), flush=True)
    sys.stdin.read()
    server.stop(None)


def call_once(stubs, script, kind, ask):
    """Makes one call; gives what is wrong with what came back, and the bytes of an answer."""
    metadata = (("x-error-tree", f'v=1, id="{ask}", from="python"'), ("traceparent", f"00-{'a' * 32}-{ask}-00")) if ask else ()
    request = json.dumps(script).encode()
    message = iter([request, request]) if kind in ("ClientStream", "Bidi") else request
    try:
        if kind in ("Unary", "ClientStream"):
            got, call = stubs[kind].with_call(message, metadata=metadata, timeout=20)
            messages = [got]
        else:
            call = stubs[kind](message, metadata=metadata, timeout=20)
            messages = list(call)
    except grpc.RpcError as error:
        call = error
    trailers = dict(call.trailing_metadata() or ())
    answer = trailers.pop(FIELD, None)
    wrong = []
    if call.code().value[0] != script["code"]:
        wrong.append(f"{call.code()} in place of {script['code']}: {call.details()}")
    elif script["code"] != 0 and call.details() != script["details"]:
        wrong.append(f"details {call.details()!r}")
    if trailers.get("from") != script["name"] or len(trailers.get("filler", "")) != script.get("filler", 0):
        wrong.append(f"trailers {sorted(trailers)}")
    if trailers.get("grpc-status-details-bin", b"") != base64.b64decode(script.get("details_bin", "")):
        wrong.append("other rich details")
    if not ask and answer is not None:
        wrong.append("an answer without an ask")
    return wrong, answer


def call(target, calls, at_once, asks, scripts):
    channel = grpc.insecure_channel(target)
    stubs = {
        "Unary": channel.unary_unary("/peer.Peer/Unary"),
        "ClientStream": channel.stream_unary("/peer.Peer/ClientStream"),
        "ServerStream": channel.unary_stream("/peer.Peer/ServerStream"),
        "Bidi": channel.stream_stream("/peer.Peer/Bidi"),
    }
    report = {"calls": 0, "harmed": 0, "examples": [], "answers": 0, "longest": 0}
    lock = threading.Lock()

    def one(index):
        script = dict(scripts[index % len(scripts)], name=f"call-{index}")
        ask = f"{index + 1:016x}" if asks else None
        wrong, answer = call_once(stubs, script, KINDS[index // len(scripts) % 4], ask)
        with lock:
            report["calls"] += 1
            if answer is not None:
                report["answers"] += 1
                report["longest"] = max(report["longest"], len(answer))
            if wrong:
                report["harmed"] += 1
                report["examples"] = (report["examples"] + [f"{script['name']}: {'; '.join(wrong)}"])[:5]

    with futures.ThreadPoolExecutor(max_workers=at_once) as pool:
        list(pool.map(one, range(calls)))
    print(json.dumps(report), flush=True)


if sys.argv[1] == "serve":
    serve()
else:
    call(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5] == "ask", json.loads(sys.argv[6]))
