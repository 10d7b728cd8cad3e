/**
 * Error trees over gRPC, for programs that set up OpenTelemetry in code: `import { … } from "otel-error-tree/grpc"`. A program that
 * is started with `otel-error-tree/register` needs none of it.
 *
 * @module
 */
import type { Interceptor, ServerInterceptor } from "@grpc/grpc-js";
import * as interceptors from "./transports/grpc/install.ts";

/**
 * Watches all calls that this copy of `@grpc/grpc-js` makes and receives from now on, but for methods that were added to a server
 * before. Does nothing the second time. Others may wrap the same functions before and after this.
 *
 * @param grpc - the module, as `import * as grpc from "@grpc/grpc-js"` gives it
 */
export const installGrpc: (grpc: unknown) => void = interceptors.installGrpc;

/**
 * Watches the calls of one server: `new Server({ interceptors: [serverInterceptor] })`, as the first of the list. Of an error that a
 * handler answers with it knows the status alone, not its type and frames, which {@link installGrpc} does.
 */
export const serverInterceptor: ServerInterceptor =
  interceptors.serverInterceptor as unknown as ServerInterceptor;

/** Watches the calls of one client: `new Client(address, credentials, { interceptors: [clientInterceptor] })`, as the last of the list. */
export const clientInterceptor: Interceptor = interceptors.clientInterceptor as unknown as Interceptor;
