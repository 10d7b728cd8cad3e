// What programs put into their own errors: printed objects, requests, forms, configurations and connection strings.
export async function run({ load, record }) {
  const util = await load("node:util");
  const show = (value) => `request failed: ${util.inspect(value, { depth: 5 })}`;
  await record("node:util", (v) =>
    show({ headers: { cookie: `sid=${v.hex(32)}; theme=dark`, authorization: `Bearer ${v.token()}` } }),
  );
  await record("node:util", (v) =>
    show({
      headers: { "set-cookie": [`sid=${v.token()}; Path=/; HttpOnly`, `refresh=${v.token()}; Secure`] },
    }),
  );
  await record("node:util", (v) =>
    show(["Host", "shop", "X-Api-Key", v.token(), "Cookie", `a=${v.token()}; b=2`]),
  );
  await record("node:util", (v) =>
    show([
      ["accept", "*/*"],
      ["x-api-key", v.token()],
      ["authorization", `Basic ${v.basic()}`],
    ]),
  );
  await record("node:util", (v) =>
    show(
      new Map([
        ["password", v.password()],
        ["user", "x"],
      ]),
    ),
  );
  await record("node:util", (v) =>
    show(new Headers({ authorization: `ApiKey ${v.token()}`, accept: "*/*" })),
  );
  await record("node:util", (v) =>
    show(new URLSearchParams({ username: "x", password: v.password(), otp: v.digits(6) })),
  );
  await record("node:util", (v) => show(new FormData()) + show(Object.entries({ client_secret: v.token() })));
  await record("node:util", (v) =>
    show({ user: { pass: v.password(), pin: Number(v.digits(4)), ssn: v.ssn(), name: "x" } }),
  );
  await record("node:util", (v) =>
    show({ body: JSON.stringify({ password: v.password(), nested: JSON.stringify({ token: v.token() }) }) }),
  );
  await record("node:util", (v) => util.format("login of %s with %j failed", v.mail(), { pw: v.password() }));
  await record("node:util", (v) => show(new Set([v.mail(), v.mail()])));
  await record("node:util", (v) => show({ passwords: [v.password(), v.password()], n: 1 }));
  await record("node:util", (v) => show({ credentials: { user: "x", value: v.password() } }));
  await record("node:util", (v) =>
    show({ password: Buffer.from(v.password()), secret: `a'b"c\`${v.password()}` }),
  );
  await record(
    "node:JSON",
    (v) =>
      `upstream said ${JSON.stringify({ access_token: v.token(), refresh_token: v.token(), expires_in: 3600 })}`,
  );
  await record(
    "node:JSON",
    (v) => `event ${JSON.stringify(JSON.stringify({ user: "x", password: v.password() }))} was refused`,
  );
  await record(
    "node:JSON",
    (v) =>
      `event ${JSON.stringify({ detail: JSON.stringify({ body: JSON.stringify({ apiKey: v.token(), user: "x" }) }) })} was refused`,
  );
  await record(
    "node:JSON",
    (v) => `payload ${JSON.stringify({ card: v.card(), cvv: v.digits(3), iban: v.iban() })}`,
  );
  await record(
    "node:JSON",
    (v) => `customer ${JSON.stringify({ fullName: v.person(), email: v.mail(), phone: v.phone() })}`,
  );
  await record(
    "node:JSON",
    (v) =>
      `headers ${JSON.stringify({ "set-cookie": [`sid=${v.token()}; Path=/`], "proxy-authorization": `Digest username="x", response="${v.hex(32)}"` })}`,
  );
  await record(
    "node:JSON",
    (v) =>
      `headers ${JSON.stringify([
        { key: "Authorization", value: `Bearer ${v.token()}` },
        { key: "x-request-id", value: "1" },
      ])}`,
  );
  await record(
    "node:JSON",
    (v) => `variable ${JSON.stringify({ name: "DB_PASSWORD", value: v.password() })} is not allowed`,
  );
  const querystring = await load("node:querystring");
  await record(
    "node:querystring",
    (v) =>
      `POST /token failed: ${querystring.stringify({ grant_type: "password", username: v.mail(), password: v.password(), client_secret: v.token() })}`,
  );
  await record(
    "node:querystring",
    (v) =>
      `callback https://x.example/cb#${querystring.stringify({ access_token: v.token(), token_type: "bearer" })}`,
  );
  await record(
    "node:querystring",
    (v) => `redirect=${encodeURIComponent(`https://x.example/cb?token=${v.token()}&email=${v.mail()}`)}`,
  );
  await record(
    "node:querystring",
    (v) => `state ${encodeURIComponent(JSON.stringify({ password: v.password() }))}`,
  );
  const { default: qs } = await load("qs");
  await record("qs", (v) => `body ${qs.stringify({ user: { password: v.password(), email: v.mail() } })}`);
  const { default: FormDataNode } = await load("form-data");
  await record("form-data", (v) => {
    const form = new FormDataNode();
    form.append("user", "x");
    form.append("password", v.password());
    form.append("token", v.token());
    return `unexpected end of ${form.getBuffer()}`;
  });
  await record("node:undici", async (v) => {
    const form = new FormData();
    form.set("api_key", v.token());
    form.set("file", "x");
    return `could not parse ${await new Response(form).text()}`;
  });
  const jsYaml = await load("js-yaml");
  const dump = jsYaml.dump ?? jsYaml.default.dump;
  await record(
    "js-yaml",
    (v) =>
      `wrong configuration:\n${dump({ db: { user: "app", password: v.password() }, smtp: { pass: v.password() }, keys: [{ name: "x", secret: v.token() }] })}`,
  );
  const { stringify: toToml } = await load("smol-toml");
  await record(
    "smol-toml",
    (v) =>
      `wrong configuration: ${toToml({ db: { password: v.password(), port: 1 }, s3: { secret_access_key: v.token(40) } })}`,
  );
  const { Cookie } = await load("tough-cookie");
  await record(
    "tough-cookie",
    (v) =>
      `refused ${new Cookie({ key: "sessionid", value: v.token(), domain: "x.example", httpOnly: true })}`,
  );
  await record(
    "tough-cookie",
    (v) => `jar ${JSON.stringify(new Cookie({ key: "connect.sid", value: v.token(), domain: "x.example" }))}`,
  );
  const { default: pgString } = await load("pg-connection-string").then((one) => ({
    default: one.default ?? one,
  }));
  await record(
    "pg-connection-string",
    (v) => `no connection with ${JSON.stringify(pgString.parse(`postgres://app:${v.password()}@db/shop`))}`,
  );
  const { default: pg } = await load("pg");
  await record(
    "pg",
    (v) =>
      `cannot connect: host=db port=5432 user=app password=${v.password()} dbname=shop ${new pg.Client().host}`,
  );
  const tedious = await load("@tediousjs/connection-string").catch(() => undefined);
  await record(
    "node:util",
    (v) =>
      `bad connection string Server=tcp:db,1433;Database=shop;User Id=app;Password=${v.password()};Encrypt=true ${tedious ? "" : ""}`,
  );
  await record("node:util", (v) =>
    util.format("jdbc:postgresql://db:5432/shop?user=app&password=%s is not reachable", v.password()),
  );
  await record("node:util", (v) =>
    util.format("jdbc:oracle:thin:app/%s@db:1521/shop is not reachable", v.password()),
  );
  await record("node:util", (v) => util.format("cannot reach app:%s@db.internal:5432/shop", v.password()));
  await record("node:util", (v) =>
    util.format(
      "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=%s==;EndpointSuffix=core",
      v.token(86),
    ),
  );
  await record("node:util", (v) =>
    util.format("Endpoint=sb://x.servicebus/;SharedAccessKeyName=Root;SharedAccessKey=%s=", v.token(43)),
  );
  await record("node:util", (v) =>
    util.format("password `%s` of user `%s` is wrong", v.password(), v.mail()),
  );
  await record("node:util", (v) => util.format("Wrong password %s for %s", v.word(), v.mail()));
  await record("node:util", (v) => util.format("password => %s, user => x", v.password()));
  await record("node:util", (v) => util.format("otp %s is expired", v.digits(6)));
  await record("node:util", (v) => util.format("API key %s is not valid", v.token()));
  await record("node:util", (v) => util.format("access token '%s' was revoked", v.hex(40)));
  await record("node:util", (v) => util.format("session %s not found", v.token(40)));
  await record("node:util", (v) => util.format("SSN %s belongs to another customer", v.ssn()));
  await record("node:util", (v) => util.format("cards %s and %s", v.card("-"), v.card()));
  await record("node:util", (v) => util.format("account %s, phone: %s", v.iban(" "), v.phone()));
  await record("node:util", (v) =>
    util.format("webhook https://hooks.slack.com/services/%s answered 404", v.known("slackPath")),
  );
  await record("node:util", (v) =>
    util.format("webhook https://discord.com/api/webhooks/%s answered 404", v.known("discordPath")),
  );
  await record("node:util", (v) =>
    util.format(
      "webhook https://x.webhook.office.com/webhookb2/%s@x/IncomingWebhook/%s/y answered 404",
      v.hex(36),
      v.hex(32),
    ),
  );
  await record("node:util", (v) =>
    util.format("https://api.telegram.org/bot%s/getMe answered 401", v.known("telegram")),
  );
  for (const kind of [
    "twilio",
    "digitalocean",
    "vault",
    "shopify",
    "huggingface",
    "pypi",
    "mailgun",
    "openai",
    "sendgrid",
    "google",
    "slack",
  ]) {
    await record("node:util", (v) => util.format(`the ${kind} request with %s failed`, v.known(kind)));
  }
  await record("node:util", (v) =>
    util.format("Error executing SELECT * FROM users WHERE email = '%s' AND pin = %s", v.mail(), v.digits(4)),
  );
  await record("node:util", (v) =>
    util.format("query failed: insert into users (name, ssn) values ('%s', '%s')", v.person(), v.ssn()),
  );
  await record("node:util", (v) =>
    util.format("DELETE FROM sessions WHERE token='%s' was rolled back", v.token()),
  );
  await record("node:util", (v) => util.format("mail to %s bounced", v.mail().replace("@", "%40")));
  await record("node:util", (v) =>
    util.format("mail to %s@b\u00fccher.example bounced", v.mail().split("@")[0]),
  );
  const { default: pino } = await load("pino");
  await record("pino", (v) => {
    let line = "";
    pino(
      { base: null, timestamp: false },
      {
        write: (text) => {
          line += text;
        },
      },
    ).error(
      {
        req: { headers: { authorization: `Bearer ${v.token()}`, cookie: `s=${v.token()}` } },
        password: v.password(),
      },
      "failed",
    );
    return line.trim();
  });
}
