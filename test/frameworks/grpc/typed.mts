// The interceptors with the types of grpc-js: no server, client or call needs a cast.
import * as grpc from "@grpc/grpc-js";
import { clientInterceptor, installGrpc, serverInterceptor } from "otel-error-tree/grpc";

installGrpc(grpc);
const interceptors: grpc.ServerInterceptor[] = [serverInterceptor];
new grpc.Server({ interceptors });
new grpc.Server({ interceptors: [serverInterceptor] });
new grpc.Client("localhost:1", grpc.credentials.createInsecure(), { interceptors: [clientInterceptor] });
const options: grpc.CallOptions = { interceptors: [clientInterceptor] };
new (grpc.makeGenericClientConstructor({}, "Pay"))("localhost:1", grpc.credentials.createInsecure(), options);
