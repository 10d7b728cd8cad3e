// The same as CommonJS.
const express = require("express");
require("ioredis");
require("pg");

const app = express();
app.get("/", () => {
  throw new Error("the order is broken");
});
const server = app.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
