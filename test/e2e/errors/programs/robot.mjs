// The last service of the chain: it fails, over HTTP and over gRPC.
import { createRequire } from "node:module";
import express from "express";
import { serve } from "./serve.mjs";

const grpc = createRequire(import.meta.url)("@grpc/grpc-js");

function takeFromShelf(item) {
  throw new RangeError(`no ${item} is left on the shelf`);
}

const app = express();
app.get("/shelves/:id", function take() {
  takeFromShelf("umbrella");
});
app.use((_error, _request, response, _next) => response.sendStatus(500));
serve(app);

const bytes = (value) => value;
const take = {
  path: "/shop.Robot/Take",
  requestStream: false,
  responseStream: false,
  requestSerialize: bytes,
  requestDeserialize: bytes,
  responseSerialize: bytes,
  responseDeserialize: bytes,
};
const server = new grpc.Server();
server.addService({ take }, { take: (_call, done) => done(new RangeError("no arm is free")) });
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (_error, port) =>
  process.send({ grpc: port }),
);
