// The measured process: one call in over gRPC, one call out over gRPC, the answer back.
import type { GrpcInstrumentation } from "@opentelemetry/instrumentation-grpc";
import { endWithParent, tell } from "../../support/process/in-child.ts";
import { readArgument } from "../../support/process/serve.ts";
import type { ServiceArgument } from "./service.ts";
import { answerUsage } from "./usage.ts";

const { variant, grpcLeafPort, otlpUrl, internalSpans } = readArgument<ServiceArgument>();
// First of all: what is not wanted is not even loaded.
const telemetry = variant === "none" ? undefined : await import("./telemetry.ts");
const flush =
  telemetry === undefined || variant === "none"
    ? undefined
    : telemetry.startTelemetry(variant, otlpUrl, await instrumentations());
const work = telemetry?.internalWork(internalSpans);
const { clientOf, grpc, serveGrpc } = await import("./grpc-calls.ts");
if (variant === "ours") (await import("otel-error-tree/grpc")).installGrpc(grpc);

const leaf = clientOf(grpcLeafPort);
const port = await serveGrpc((call, callback) => {
  work?.();
  leaf.get(call.request, new grpc.Metadata(), (error, message) => {
    if (error === null) callback(null, message);
    else callback({ code: error.code, details: error.details });
  });
});

answerUsage(flush);
endWithParent();
tell({ port });

async function instrumentations(): Promise<GrpcInstrumentation[]> {
  return [new (await import("@opentelemetry/instrumentation-grpc")).GrpcInstrumentation()];
}
