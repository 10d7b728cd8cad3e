// Errors of libraries that sign in: tokens, mail, queues, directories, clouds.
export async function run({ load, record }) {
  const { default: jwt } = await load("jsonwebtoken");
  await record("jsonwebtoken", (v) => jwt.sign({ a: 1 }, "k", { algorithm: v.password() }));
  await record("jsonwebtoken", (v) => jwt.sign({ a: 1 }, "k", { expiresIn: v.password() }));
  await record("jsonwebtoken", (v) => {
    const token = v.jwt();
    try {
      jwt.verify(token, "x");
    } catch (e) {
      return `${e.message}: ${token}`;
    }
  });
  await record("jsonwebtoken", (v) => jwt.verify(jwt.sign({ aud: "a" }, "k"), "k", { audience: v.mail() }));
  await record("jsonwebtoken", (v) => jwt.verify(jwt.sign({ sub: "a" }, "k"), "k", { subject: v.person() }));
  await record("jsonwebtoken", (v) => jwt.verify(jwt.sign({ sub: "a" }, "k"), "k", { jwtid: v.token() }));
  await record("jsonwebtoken", (v) => jwt.sign(v.password(), "k", { expiresIn: 1 }));
  const jose = await load("jose");
  await record("jose", (v) => {
    const token = v.jwt();
    try {
      jose.decodeJwt(`${token}.x`);
    } catch (e) {
      return `${e.code} ${e.message} (${token})`;
    }
  });
  await record("jose", (v) =>
    new jose.SignJWT({})
      .setProtectedHeader({ alg: "HS256" })
      .setExpirationTime(v.password())
      .sign(new Uint8Array(32)),
  );
  await record("jose", (v) =>
    jose
      .importPKCS8(`-----BEGIN PRIVATE KEY-----${v.token(48)}`, "RS256")
      .catch(
        (e) =>
          `${e.message} -----BEGIN PRIVATE KEY-----\nMII${v.token(61)}\n${v.token(64)}\n-----END PRIVATE KEY-----`,
      ),
  );
  const { default: passport } = await load("passport");
  await record(
    "passport",
    (v) =>
      new Promise((_, reject) => new passport.Passport().authenticate(v.word())({ headers: {} }, {}, reject)),
  );
  const { default: ssh2 } = await load("ssh2");
  await record("ssh2", (v) => {
    const made = ssh2.utils.parseKey(
      `-----BEGIN RSA PRIVATE KEY-----\n${v.token(64)}\n-----END RSA PRIVATE KEY-----`,
    );
    return `${made.message}: -----BEGIN RSA PRIVATE KEY-----\n${v.token(64)}\n${v.token(30)}\n-----END RSA PRIVATE KEY-----`;
  });
  await record("ssh2", (v) =>
    new ssh2.Client().connect({
      host: "x",
      username: "app",
      privateKey: v.password(),
      algorithms: { cipher: [v.word()] },
    }),
  );
  const { default: nodemailer } = await load("nodemailer");
  const net = await import("node:net");
  const smtp = net.createServer((socket) => {
    socket.write("220 x\r\n");
    socket.on("data", (data) => {
      const line = data.toString().trim();
      socket.write(
        /^EHLO/.test(line)
          ? "250-x\r\n250 AUTH PLAIN LOGIN\r\n"
          : /^AUTH/.test(line)
            ? `535 5.7.8 bad ${line}\r\n`
            : /^RCPT/.test(line)
              ? `550 5.1.1 ${line.slice(8)}: Recipient address rejected: User unknown\r\n`
              : "250 ok\r\n",
      );
    });
    socket.on("error", () => undefined);
  });
  await new Promise((done) => smtp.listen(0, "127.0.0.1", done));
  const mail = (auth) =>
    nodemailer.createTransport({
      host: "127.0.0.1",
      port: smtp.address().port,
      ignoreTLS: true,
      ...(auth ? { auth } : {}),
    });
  await record("nodemailer", (v) => mail().sendMail({ from: "a@shop.example", to: v.mail(), text: "x" }));
  await record("nodemailer", (v) =>
    mail().sendMail({ from: "a@shop.example", to: `${v.person()} <${v.mail()}>`, text: "x" }),
  );
  await record("nodemailer", async (v) => {
    const user = v.mail();
    const pass = v.password();
    const plain = Buffer.from(`\0${user}\0${pass}`).toString("base64");
    v.secrets.push(plain);
    return mail({ user, pass }).sendMail({ from: "a@shop.example", to: "b@shop.example", text: "x" });
  });
  await record("nodemailer", (v) =>
    nodemailer
      .createTransport(`smtp://${encodeURIComponent(v.mail())}:${v.password()}@127.0.0.1:1`)
      .sendMail({ to: v.mail() })
      .catch((e) => `${e.message} ${e.command} smtp://ci%40x.example:${v.password()}@smtp.example:465`),
  );
  const { default: amqp } = await load("amqplib");
  await record("amqplib", (v) => amqp.connect(`amqpx://app:${v.password()}@mq`));
  await record("amqplib", (v) =>
    amqp
      .connect(`amqp://app:${v.password()}@127.0.0.1:1`)
      .catch((e) => `${e.message || e.code} connecting to amqp://app:${v.password()}@127.0.0.1:1`),
  );
  const { Kafka } = await load("kafkajs");
  await record("kafkajs", (v) =>
    new Kafka({
      brokers: ["127.0.0.1:1"],
      retry: { retries: 0 },
      logLevel: 0,
      sasl: { mechanism: v.password(), username: "a", password: "b" },
    })
      .admin()
      .connect(),
  );
  await record("kafkajs", (v) =>
    new Kafka({ brokers: [`app:${v.password()}@kafka`], retry: { retries: 0 }, logLevel: 0 })
      .admin()
      .connect(),
  );
  const { createClient } = await load("ldapjs").then((one) => one.default ?? one);
  await record("ldapjs", (v) => createClient({ url: `ldp://cn=admin:${v.password()}@dir` }));
  const ldap = await load("ldapjs").then((one) => one.default ?? one);
  await record("ldapjs", (v) => ldap.parseDN(`cn=${v.person()},mail=${v.mail()},o`));
  await record("ldapjs", (v) => ldap.parseFilter(`(&(uid=${v.mail()})(userPassword=${v.password()}`));
  const { S3Client, GetObjectCommand } = await load("@aws-sdk/client-s3");
  await record("@aws-sdk/client-s3", async (v) => {
    let header;
    const c = new S3Client({
      region: "eu-west-1",
      endpoint: "http://127.0.0.1:1",
      forcePathStyle: true,
      maxAttempts: 1,
      credentials: { accessKeyId: v.known("aws"), secretAccessKey: v.token(40), sessionToken: v.token(120) },
    });
    c.middlewareStack.add(
      (next) => (args) => {
        header = args.request.headers;
        return next(args);
      },
      { step: "finalizeRequest", priority: "low" },
    );
    return c.send(new GetObjectCommand({ Bucket: "b", Key: "x" })).catch((e) => {
      v.secrets.push(/Signature=(\w+)/.exec(header.authorization)?.[1] ?? "none");
      return `${e.message || e.code} ${JSON.stringify(header)}`;
    });
  });
  const { default: ftp } = await load("basic-ftp").then((one) => ({ default: one }));
  await record("basic-ftp", async (v) => {
    const net2 = net.createServer((s) => {
      s.write("220 x\r\n");
      s.on("error", () => 0);
      s.on("data", (d) => s.write(`530 Login incorrect: ${d.toString().trim()}\r\n`));
    });
    await new Promise((done) => net2.listen(0, "127.0.0.1", done));
    return new ftp.Client(1000).access({
      host: "127.0.0.1",
      port: net2.address().port,
      user: v.mail(),
      password: v.password(),
    });
  });
  const { ImapFlow } = await load("imapflow");
  await record("imapflow", async (v) => {
    const imap = net.createServer((s) => {
      s.write("* OK x\r\n");
      s.on("error", () => 0);
      s.on("data", (d) => {
        const [tag, ...rest] = d.toString().trim().split(" ");
        s.write(
          /CAPA/.test(rest[0])
            ? `* CAPABILITY IMAP4rev1\r\n${tag} OK\r\n`
            : `${tag} NO failed: ${rest.join(" ")}\r\n`,
        );
      });
    });
    await new Promise((done) => imap.listen(0, "127.0.0.1", done));
    const c = new ImapFlow({
      host: "127.0.0.1",
      port: imap.address().port,
      secure: false,
      logger: false,
      disableAutoIdle: true,
      doSTARTTLS: false,
      auth: { user: v.mail(), pass: v.password() },
    });
    c.on("error", () => 0);
    return c.connect().catch((e) => `${e.message}: ${e.responseText ?? e.executedCommand ?? ""}`);
  });
  const { default: mqtt } = await load("mqtt");
  await record("mqtt", (v) => mqtt.connect(`mqttx://app:${v.password()}@broker`));
  const { OAuth2Client, GoogleAuth } = await load("google-auth-library");
  await record("google-auth-library", (v) =>
    new OAuth2Client("id").verifyIdToken({ idToken: v.token(), audience: "id" }),
  );
  await record("google-auth-library", (v) =>
    new OAuth2Client({
      clientId: "id",
      clientSecret: v.token(),
      endpoints: { oauth2TokenUrl: "http://127.0.0.1:1/token" },
    })
      .getToken(v.token())
      .catch((e) => `${e.message} ${e.config?.data ?? ""} client_secret=${v.token()}`),
  );
  await record("google-auth-library", (v) =>
    new GoogleAuth({ credentials: { client_email: v.mail(), private_key: v.token() } })
      .getAccessToken()
      .catch((e) => `${e.message} ${JSON.stringify({ client_email: v.mail(), private_key: v.token() })}`),
  );
  const oidc = await load("openid-client");
  await record("openid-client", (v) =>
    oidc
      .discovery(new URL(`http://127.0.0.1:1/?client_secret=${v.token()}`), "id", v.token())
      .catch(
        (e) =>
          `${e.message} ${e.cause?.message ?? ""} http://127.0.0.1:1/callback?code=${v.token()}&state=x&id_token=${v.jwt()}`,
      ),
  );
  const grpc = await load("@grpc/grpc-js");
  await record("@grpc/grpc-js", (v) => {
    const m = new grpc.Metadata();
    m.set("authorization", `Bearer ${v.token()}\n`);
  });
  await record("@grpc/grpc-js", (v) => {
    const m = new grpc.Metadata();
    m.set("x-token", `${v.token()}`);
    m.set("authorization", `Basic ${v.basic()}`);
    return `13 INTERNAL: sent ${JSON.stringify(m)} ${JSON.stringify(m.getMap())}`;
  });
  const { Queue } = await load("bullmq");
  await record("bullmq", (v) => new Queue(`mail:${v.mail()}`, { connection: { lazyConnect: true } }));
  const nats = await load("nats");
  await record("nats", (v) =>
    nats
      .connect({ servers: `nats://app:${v.password()}@127.0.0.1:1`, reconnect: false, timeout: 500 })
      .catch((e) => `${e.message} nats://app:${v.password()}@127.0.0.1:1`),
  );
  const createError = (await load("http-errors")).default;
  await record("http-errors", (v) => createError(403, `token ${v.token()} has no access`));
  await record("http-errors", (v) => createError(404, `no user ${v.mail()}`));
  await record("http-errors", (v) => createError(409, `${v.mail()} is registered already`));
  await record("http-errors", (v) => createError(400, `phone number ${v.phone()} is not valid`));
  await record("http-errors", (v) => createError(400, `IBAN ${v.iban()} failed the check`));
  await record("http-errors", (v) => createError(402, `card ${v.card(".")} was declined`));
}
