// A service on Fastify: validation, hooks, a request within the process, an error handler of the program.
import fastify from "fastify";
import { errorTree } from "otel-error-tree/fastify";
import { endWithParent, tell } from "../../support/process/in-child.ts";
import { failAs, isObserved, statusFor } from "./ways.ts";

endWithParent();
const app = fastify();
if (isObserved) app.register(errorTree);
app.setErrorHandler((error, _request, reply) => {
  const status = statusFor(error);
  if (status === undefined) return reply.send(error);
  return status === 302 ? reply.redirect("/") : reply.code(status).send("answered");
});
app.get<{ Querystring: { how?: string } }>("/orders/:id", (request) => failAs(request.query.how ?? ""));
app.get("/own/:id", (_request, reply) => reply.code(409).send("no"));
app.get("/inside/:id", async () => {
  const { statusCode } = await app.inject("/orders/7");
  return `within: ${statusCode}`;
});
app.get("/hooked/:id", { preValidation: () => failAs("") }, () => "never");
app.get(
  "/valid/:id",
  {
    schema: {
      querystring: { type: "object", required: ["size"], properties: { size: { type: "integer" } } },
    },
  },
  () => "valid",
);
app.register(
  (nested, _options, done) => {
    nested.get("/orders/:id", () => failAs(""));
    done();
  },
  { prefix: "/nested" },
);
await app.listen({ port: 0, host: "127.0.0.1" });
const address = app.server.address();
tell({ port: typeof address === "object" ? address?.port : undefined });
