// A bank over PostgreSQL, as an ES module without a set-up of its own.
import http from "node:http";
import { failRequest } from "otel-error-tree";
import pg from "pg";
import { startDatabase } from "./transports.cjs";

startDatabase({ pg, http, failRequest });
