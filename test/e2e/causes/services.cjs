// The services that the programs call: what a path begins with says how it is answered.
const express = require("express");

const ANSWERS = {
  ok: (response) => response.json({}),
  fails: (response) => response.status(500).send("<h1>Internal Server Error</h1>"),
  busy: (response) => response.status(503).send("<h1>Service Unavailable</h1>"),
  missing: (response) => response.status(404).send("<h1>Not Found</h1>"),
  garbage: (response) => response.send("<h1>Welcome</h1>"),
  // Every second call of a kind goes well.
  flaky: (response, kind) => {
    const calls = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, calls);
    ANSWERS[calls % 2 === 1 ? "busy" : "ok"](response, kind);
  },
};
const counts = new Map();

const app = express();
for (const [answer, send] of Object.entries(ANSWERS)) {
  app.all(`/${answer}/:what`, (request, response) => {
    setTimeout(() => send(response, request.params.what), Number(request.query.after ?? 0));
  });
}

const server = app.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
