// A shop and a bank over HTTP/2, as an ES module without a set-up of its own.
import http from "node:http";
import http2 from "node:http2";
import * as api from "@opentelemetry/api";
import { failRequest } from "otel-error-tree";
import { startHttp2 } from "./transports.cjs";

startHttp2({ http2, api, http, failRequest });
