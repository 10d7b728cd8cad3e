// Errors that tell nothing which must not be told, though they look like it: each is useless without what it says.
export async function run({ load, record }) {
  const harmless = (library, run) => record(library, run, { harmless: true });
  const util = await load("node:util");
  const say = (...parts) => harmless("node:util", () => util.format(...parts));
  await say("offset %d of topic orders-17 is out of range", 1844674407370);
  await say("Kafka offset 17432098765432 not found in partition 3");
  await say("message 1129384756201938475 was deleted by its author");
  await say("EAN 4006381333931 is not in the catalogue");
  await say("order 20261129221034987 was shipped already");
  await say("lock until 1764454834000 is held by worker-7");
  await say("timestamp 1764454834123456789 is in the future");
  await say("GTIN 04006381333931 has no price");
  await say("trace 4bf92f3577b34da6a3ce929d0e0e4736 was dropped");
  await say("commit 9fceb02d0ae598e95dc970b74767f19372d61af8 does not exist");
  await say("image sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 not found");
  await say("job 01HZX3K8Q4W5J6N7P8R9S0T1V2 is stuck");
  await say("job 0190f6a4-5b7c-7d8e-9f01-23456789abcd failed after 3 attempts");
  await say("Select a payment method from the list before you continue");
  await say("Update the settings and set a default warehouse first");
  await say("Delete from the basket is not supported for 3 bundled items");
  await say("With 3 retries left, as (usual) the request was dropped");
  await say("at load (/src/user@v2.ts:10:5)");
  await say("Cannot find module '/app/node_modules/@acme/user@2.1.0/index.js'");
  await say("secret: db-credentials-v2 not found");
  await say('secrets "shop-tls" not found in namespace "payments"');
  await say("token: unexpected end of input");
  await say("Unexpected token: punctuator at line 12");
  await say("key: users.email is not unique");
  await say("password: must contain at least 12 characters");
  await say("no such cookie: theme");
  await say("The session 17 of 20 was closed by the server");
  await say("pod payments-7d4b9c6f5-x2x8z was evicted");
  await say("arn:aws:lambda:eu-central-1:123456789012:function:checkout timed out after 30.03 seconds");
  await say("The authorization of order 4711 expired");
  await say("invoice 2026-000123456 is not open (version 12, expected 13)");
  const { default: joi } = await load("joi");
  await harmless("joi", () => joi.object({ password: joi.string().required() }).validate({}).error);
  const { z } = await load("zod");
  await harmless("zod", () => z.object({ token: z.string() }).parse({}));
  await harmless("node:JSON", () => JSON.parse(""));
  await harmless("node:fs", async () => (await load("node:fs")).readFileSync("/etc/secrets/db-password"));
  await harmless("node:url", () => new URL("not a url"));
  await harmless("node:net", async () => (await load("node:net")).connect({ port: 70000 }));
  const { graphqlSync, buildSchema } = await load("graphql");
  await harmless(
    "graphql",
    () => graphqlSync({ schema: buildSchema("type Query { a: Int }"), source: "{ accessToken }" }).errors[0],
  );
  const { default: mongoose } = await load("mongoose");
  await harmless("mongoose", () =>
    new (mongoose.model("Need", new mongoose.Schema({ password: { type: String, required: true } })))(
      {},
    ).validate(),
  );
  const { default: jwt } = await load("jsonwebtoken");
  await harmless("jsonwebtoken", () => jwt.verify(jwt.sign({ exp: 1 }, "k"), "k"));
  const { default: axios } = await load("axios");
  await harmless("axios", () => axios.get("http://127.0.0.1:1/orders/4711"));
  const { MongoClient } = await load("mongodb");
  await harmless("mongodb", () => new MongoClient("mongodb://db:27017/?authSource=admin&nothing=1"));
  const { PGlite } = await load("@electric-sql/pglite");
  const lite = await PGlite.create();
  await harmless("@electric-sql/pglite", () => lite.query("select password_hash from users"));
  await harmless("@electric-sql/pglite", () => lite.query("select passwd from (select 1 as password) t"));
  const { execFileSync } = await load("node:child_process");
  await harmless("node:child_process", () =>
    execFileSync("false", ["--port", "8080", "-p", "3000", "-u", "1000:1000"]),
  );
  const ajvModule = await load("ajv");
  const ajv = new (ajvModule.Ajv ?? ajvModule.default)();
  await harmless("ajv", () => {
    const check = ajv.compile({ type: "object", required: ["password"] });
    check({});
    return ajv.errorsText(check.errors);
  });
  await harmless("stripe", async () => new (await load("stripe")).default(""));
}
