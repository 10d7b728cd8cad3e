import http from "node:http";
import { run } from "./ways.cjs";

run(http);
