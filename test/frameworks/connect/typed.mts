// The interceptor with the types of Connect: no router and no list of interceptors needs a cast.
import { createServer } from "node:http";
import { type ConnectRouter, createConnectRouter, type Interceptor } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { connectInterceptor } from "otel-error-tree/connect";

const interceptors: Interceptor[] = [connectInterceptor];
const routes = (router: ConnectRouter): void => void router;
createServer(connectNodeAdapter({ routes, interceptors }));
createConnectRouter({ interceptors: [connectInterceptor] });
