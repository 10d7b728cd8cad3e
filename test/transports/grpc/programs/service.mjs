// A normal service, as an ES module, that knows nothing of OpenTelemetry: asked over HTTP it calls itself over gRPC.
import http from "node:http";
import * as grpc from "@grpc/grpc-js";
import { start } from "./service.js";

start(grpc, http);
