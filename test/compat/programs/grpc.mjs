// A shop and a bank over gRPC, as an ES module without a set-up of its own.
import http from "node:http";
import * as grpc from "@grpc/grpc-js";
import { failRequest } from "otel-error-tree";
import { startGrpc } from "./transports.cjs";

startGrpc({ grpc, http, failRequest });
