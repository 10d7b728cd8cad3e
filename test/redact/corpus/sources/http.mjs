// Errors of clients and servers of HTTP and its like: URLs, header values and bodies in messages.
import { createServer } from "node:http";

export async function run({ load, record }) {
  const server = createServer((request, response) => {
    const [, status, ...rest] = request.url.split("/");
    if (status === "hang") return void request.socket.destroy();
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      response.writeHead(Number(status) || 401, {
        "content-type": "application/json",
        "x-elastic-product": "Elasticsearch",
      });
      response.end(
        rest[0] === "echo"
          ? JSON.stringify({
              errors: [{ message: "not allowed" }],
              message: `bad request: ${body}`,
              error: { type: "x", reason: body },
            })
          : '{"message":"Bad credentials"}',
      );
    });
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const at = `127.0.0.1:${server.address().port}`;
  const gone = "127.0.0.1:1";

  const { default: nodeFetch } = await load("node-fetch");
  await record("node-fetch", (v) => nodeFetch(`http://${gone}/login?user=app&password=${v.password()}`));
  await record("node-fetch", (v) => nodeFetch(`http://hooks.slack.invalid/services/${v.known("slackPath")}`));
  await record("node-fetch", (v) =>
    nodeFetch(`https://api.telegram.invalid/bot${v.known("telegram")}/sendMessage`),
  );
  await record("node-fetch", (v) => nodeFetch(`http://${gone}/reset/${v.token(40)}`));
  await record("node-fetch", (v) => nodeFetch(`http://${gone}/users?email=${encodeURIComponent(v.mail())}`));
  await record("node-fetch", (v) => nodeFetch(`http://app:${v.password()}@${gone}/x`));
  await record("node-fetch", (v) => nodeFetch(`ftp://app:${v.password()}@files.example/x`));
  await record("node-fetch", (v) =>
    nodeFetch(`http://${at}/401`, { headers: { authorization: `Bearer ${v.token()}\n` } }),
  );
  await record("node-fetch", async (v) =>
    (await nodeFetch(`http://${gone}/api/webhooks/${v.known("discordPath")}`)).json(),
  );
  const { request: gaxiosRequest } = await load("gaxios");
  await record("gaxios", (v) =>
    gaxiosRequest({ url: `http://${gone}/v1?key=${v.known("google")}`, retry: false }),
  );
  await record("gaxios", (v) =>
    gaxiosRequest({
      url: `http://${at}/400/echo`,
      method: "POST",
      data: { access_code: v.token(), email: v.mail() },
      retry: false,
    }).catch((e) => JSON.stringify(e.response?.data)),
  );
  const { default: ky } = await load("ky");
  await record("ky", (v) => ky.get(`http://${at}/401?api_token=${v.token()}`, { retry: 0 }).json());
  await record("ky", (v) => ky.get(`http://${at}/404/invite/${v.jwt()}`, { retry: 0 }).json());
  await record("ky", (v) => ky.get(`http://${at}/403/users/${v.mail()}/orders`, { retry: 0 }).json());
  await record("ky", (v) => ky.get(`http://${at}/500?signature=${v.hex()}&expires=1`, { retry: 0 }).json());
  const { GraphQLClient } = await load("graphql-request");
  await record("graphql-request", (v) =>
    new GraphQLClient(`http://${at}/401/echo`).request(
      "mutation ($p: String!) { login(password: $p) { id } }",
      { p: v.password() },
    ),
  );
  await record("graphql-request", (v) =>
    new GraphQLClient(`http://${at}/400/echo`).request(
      "query ($email: String) { user(email: $email) { id } }",
      { email: v.mail(), otp: v.digits(6) },
    ),
  );
  const { Client: Elastic } = await load("@elastic/elasticsearch");
  await record("@elastic/elasticsearch", (v) =>
    new Elastic({ node: `http://${at}/400/echo`, maxRetries: 0 }).search({
      index: "users",
      query: { match: { email: v.mail() } },
    }),
  );
  await record("@elastic/elasticsearch", (v) => new Elastic({ node: `elastic:${v.password()}@search:9200` }));
  const { request: octokit } = await load("@octokit/request");
  await record("@octokit/request", (v) =>
    octokit("POST /400/echo", {
      baseUrl: `http://${at}`,
      name: "x",
      secret_value: v.password(),
      request: {},
    }),
  );
  await record("@octokit/request", (v) =>
    octokit("GET /{owner}", {
      baseUrl: `http://${gone}`,
      owner: v.person(),
      headers: { authorization: `token ${v.known("github")}` },
    }).catch((e) => JSON.stringify(e.request)),
  );
  const { default: axios } = await load("axios");
  await record("axios", (v) =>
    axios
      .post(`http://${gone}/login`, { username: v.mail(), password: v.password() })
      .catch((e) => JSON.stringify(e.toJSON())),
  );
  await record("axios", (v) =>
    axios
      .get(`http://${gone}/x`, { auth: { username: "app", password: v.password() } })
      .catch((e) => JSON.stringify(e.toJSON())),
  );
  await record("axios", (v) =>
    axios
      .get(`http://${at}/401`, { headers: { "X-Api-Key": v.token(), Cookie: `sid=${v.hex(32)}; lang=de` } })
      .catch((e) => `${e.message} ${JSON.stringify(e.config.headers)}`),
  );
  await record("axios", (v) => axios.get(`http//app:${v.password()}@shop`, { adapter: "http" }));
  await record("axios", (v) =>
    axios.get(`http://${at}/401`, { headers: { Authorization: `Bearer ${v.token()}\u0101` } }),
  );
  const { default: got } = await load("got");
  await record("got", (v) => got(`htp://api.example/?token=${v.token()}`, { retry: { limit: 0 } }));
  await record("got", (v) =>
    got(`http://${at}/401?session=${v.hex(32)}`, { retry: { limit: 0 } }).catch(
      (e) => `${e.message}: ${e.options.url}`,
    ),
  );
  await record("got", (v) => got(`http://${at}/404/password-reset/${v.token()}`, { retry: { limit: 0 } }));
  await record("got", (v) =>
    got
      .post(`http://${at}/400/echo`, {
        json: { card: { number: v.card(), cvc: v.digits(3) } },
        retry: { limit: 0 },
      })
      .catch((e) => e.response.body),
  );
  const { default: superagent } = await load("superagent");
  await record("superagent", (v) =>
    superagent
      .post(`http://${at}/400/echo`)
      .send({ newPassword: v.password() })
      .catch((e) => `${e.message}: ${e.response.error.text}`),
  );
  await record("superagent", (v) =>
    superagent.get(`http://${at}/403?auth_token=${v.token()}`).catch((e) => e.response.error),
  );
  const undici = await load("undici");
  await record("undici", (v) => new undici.Headers({ authorization: `Bearer ${v.token()}\n ` }));
  await record("undici", (v) => new undici.Headers([["x-api-key", `${v.password()}\u0000`]]));
  await record("undici", (v) => undici.fetch(`http://app:${v.password()}@shop.example/orders`));
  await record("undici", (v) => {
    try {
      undici.request(`://${v.password()}`);
    } catch (e) {
      return `${e.message} ${e.cause?.input ?? ""}`;
    }
  });
  await record("undici", (v) =>
    undici.fetch(`/reset?token=${v.token()}`).catch((e) => `${e.message}: ${e.cause.message}`),
  );
  await record("undici", (v) => {
    const h = new undici.Headers();
    undici.setCookie(h, { name: "sid", value: `${v.hex(32)};` });
  });
  await record("undici", (v) => new undici.Request(`http://u:${v.password()}@h.example/`));
  await record("undici", (v) => new undici.WebSocket(`wss//${v.token()}`));
  const ws = await load("ws");
  await record("ws", (v) => new (ws.WebSocket ?? ws.default)(`feed.example/live?access_token=${v.token()}`));
  await record("ws", (v) => new (ws.WebSocket ?? ws.default)(`httpx://feed.example/live?key=${v.token()}`));
  await record(
    "ws",
    (v) => new (ws.WebSocket ?? ws.default)(`ws://feed.example/`, [`${v.token()} ${v.token()}`]),
  );
  const http = await load("node:http");
  await record("node:http", (v) => http.request({ path: `/users/${v.person()}` }));
  await record("node:http", (v) => new http.Agent().createConnection({ port: v.password() }));
  const cookie = await load("cookie");
  const serialize =
    cookie.serialize ??
    ((name, value, options) => cookie.stringifySetCookie({ name, value, ...options }, options));
  await record("cookie", (v) => serialize("sid", `${v.hex(32)} ;`, { encode: String }));
  const { CookieJar, Cookie } = await load("tough-cookie");
  await record("tough-cookie", (v) =>
    new CookieJar()
      .setCookie(`sid=${v.token()}; Domain=other.example`, `http://shop.example/u/${v.mail()}`, {
        loose: false,
      })
      .catch((e) => `${e.message} for ${Cookie.parse(`sid=${v.token()}; Domain=other.example; HttpOnly`)}`),
  );
  const { default: express } = await load("express");
  const app = express();
  app.use(express.json(), express.text({ limit: 1 }));
  app.use((error, _request, response, _next) =>
    response.status(400).send(`${error.type}: ${error.message}; body ${error.body}`),
  );
  const listening = app.listen(0, "127.0.0.1");
  await new Promise((done) => listening.once("listening", done));
  const post = async (body, path = "/", headers = { "content-type": "application/json" }) =>
    (
      await fetch(`http://127.0.0.1:${listening.address().port}${path}`, { method: "POST", body, headers })
    ).text();
  await record("express", (v) => post(`{"password":"${v.password()}"`));
  await record("express", (v) => post(`{"email":"${v.mail()}","password":${v.password()}}`));
  await record("express", (v) => post(`token=${v.token()}&user=x`));
  await record("express", (v) =>
    post("{}", `/%E0%A4%A/${v.token()}`).then((text) => `${text} ${v.token()}`.slice(0, text.length)),
  );
  const { default: fastify } = await load("fastify");
  const fast = fastify();
  fast.post(
    "/login",
    { schema: { body: { type: "object", properties: { pin: { type: "integer" } } } } },
    () => "",
  );
  await record(
    "fastify",
    async (v) =>
      `${
        (
          await fast.inject({
            method: "POST",
            url: "/login",
            headers: { "content-type": "application/json" },
            body: `{"password": "${v.password()}`,
          })
        ).json().message
      } in {"password": "${v.password()}`,
  );
  await record(
    "fastify",
    async (v) =>
      (await fast.inject({ method: "GET", url: `/reset/${v.token(40)}?email=${v.mail()}` })).json().message,
  );
  const hapi = await load("@hapi/hapi");
  await record("@hapi/hapi", (v) => hapi.server({ port: v.password() }));
  const { Bot } = await load("grammy");
  await record("grammy", (v) =>
    new Bot(v.known("telegram"), { client: { apiRoot: `http://${gone}`, sensitiveLogs: true } }).api.getMe(),
  );
  const { Telegraf } = await load("telegraf");
  await record("telegraf", (v) =>
    new Telegraf(v.known("telegram"), { telegram: { apiRoot: `http://${gone}` } }).telegram.sendMessage(
      1,
      "x",
    ),
  );
  const { default: TelegramBot } = await load("node-telegram-bot-api");
  await record("node-telegram-bot-api", (v) => {
    const token = v.known("telegram");
    return new TelegramBot(token, { baseApiUrl: `http://${gone}` })
      .getMe()
      .catch((e) => `${e.message} at ${gone}/bot${token}/getMe`);
  });
  const { IncomingWebhook } = await load("@slack/webhook");
  await record("@slack/webhook", (v) => {
    const url = `https://hooks.slack.com.invalid/services/${v.known("slackPath")}`;
    return new IncomingWebhook(url)
      .send("x")
      .catch((e) => `${e.message}, POST ${e.original?.config?.url ?? url}`);
  });
  await record("@slack/webhook", (v) => {
    const url = `http://${gone}/services/${v.known("slackPath")}`;
    return new IncomingWebhook(url).send("x").catch((e) => `could not post to ${url}: ${e.message}`);
  });
  const { REST } = await load("@discordjs/rest");
  await record("@discordjs/rest", (v) =>
    new REST({ api: `http://${at}`, version: "404", retries: 0 })
      .post(`/webhooks/${v.known("discordPath")}`, { body: {}, auth: false })
      .catch((e) => `${e.message} ${e.method} ${e.url}`),
  );
  await record("@discordjs/rest", (v) =>
    new REST({ api: `http://${at}`, version: "403", retries: 0 })
      .setToken(v.token(60))
      .get("/users")
      .catch((e) => `${e.message} ${e.url} Bot ${v.token(60)}`),
  );
  const { default: Stripe } = await load("stripe");
  await record("stripe", (v) =>
    new Stripe(v.known("stripe"), {
      host: "127.0.0.1",
      port: server.address().port,
      protocol: "http",
      maxNetworkRetries: 0,
    }).charges
      .create({ amount: 1, source: v.card() })
      .catch((e) => `${e.type} ${e.message} ${JSON.stringify(e.raw)} with key ${v.known("stripe")}`),
  );
  await record("stripe", (v) =>
    new Stripe(v.known("stripe")).webhooks.constructEvent("{}", `t=1,v1=${v.hex(64)}`, "whsec_x"),
  );
  await record("stripe", (v) =>
    new Stripe("sk").customers.retrieve(v.person(), v.token(), v.password(), { a: 1 }, { b: 2 }),
  );
  const { default: sendgrid } = await load("@sendgrid/mail");
  await record("@sendgrid/mail", (v) => sendgrid.send({ to: v.person(), from: { name: 1 }, subject: 1 }));
  const { default: twilio } = await load("twilio");
  await record("twilio", (v) => twilio(v.password(), v.token()));
  await record("twilio", (v) =>
    twilio(`AC${"a".repeat(32)}`, v.hex(32))
      .messages.create({ to: v.phone(), from: 1, body: "x" }, () => {})
      .catch((e) => `${e.message} to ${v.phone()}`),
  );
  server.close();
  listening.close();
}
