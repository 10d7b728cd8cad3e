// Errors of validators: most of them quote what they were given.
/** Begins a pointer in a template of ajv-errors. */
const POINTER = "$";

export async function run({ load, record }) {
  const { default: joi } = await load("joi");
  const fails = (schema, value, options) => {
    const { error } = schema.validate(value, { abortEarly: false, ...options });
    return error;
  };
  await record("joi", (v) =>
    fails(joi.object({ password: joi.string().pattern(/^[A-Z]{40}$/) }), { password: v.password() }),
  );
  await record("joi", (v) =>
    fails(joi.object({ email: joi.string().pattern(/^\d+$/, "digits") }), { email: v.mail() }),
  );
  await record("joi", (v) =>
    fails(joi.object({ user: joi.object({ iban: joi.string().pattern(/^XX/) }) }), {
      user: { iban: v.iban(" ") },
    }),
  );
  await record("joi", (v) => joi.attempt({ apiKey: v.token() }, joi.object({ apiKey: joi.number() })));
  await record("joi", (v) =>
    fails(joi.object({ pin: joi.string().length(4) }), { pin: v.digits(6) }).annotate(true),
  );
  await record("joi", (v) =>
    fails(
      joi.object({
        name: joi
          .string()
          .custom((_, h) => h.error("any.custom", { error: new Error("no") }))
          .messages({ "any.custom": "{{#label}} must not be {{#value}}" }),
      }),
      { name: v.person() },
    ),
  );
  const yup = await load("yup");
  await record("yup", (v) => yup.object({ pin: yup.number() }).validate({ pin: v.password() }));
  await record("yup", (v) => yup.object({ birthday: yup.date() }).validate({ birthday: v.person() }));
  await record("yup", (v) =>
    yup.object({ user: yup.object({ tags: yup.array() }) }).validate({ user: { tags: v.mail() } }),
  );
  await record("yup", (v) => yup.object({ profile: yup.object() }).strict().validate({ profile: v.token() }));
  await record("yup", (v) =>
    yup
      .string()
      .matches(/^\d+$/, ({ value }) => `${value} is no number of a customer`)
      .validate(v.mail()),
  );
  const ajvModule = await load("ajv");
  const Ajv = ajvModule.Ajv ?? ajvModule.default;
  const { default: ajvErrors } = await load("ajv-errors");
  const ajv = (ajvErrors.default ?? ajvErrors)(new Ajv({ allErrors: true }));
  const withAjv = (schema, value) => {
    const check = ajv.compile(schema);
    return check(value) ? "" : ajv.errorsText(check.errors);
  };
  await record("ajv-errors", (v) =>
    withAjv(
      {
        type: "object",
        properties: { password: { type: "string", minLength: 99 } },
        errorMessage: { properties: { password: `password should be longer, got ${POINTER}{/password}` } },
      },
      { password: v.password() },
    ),
  );
  await record("ajv-errors", (v) =>
    withAjv(
      {
        type: "object",
        properties: { email: { type: "string", maxLength: 3 } },
        errorMessage: { properties: { email: `email ${POINTER}{/email} is too long` } },
      },
      { email: v.mail() },
    ),
  );
  const { z } = await load("zod");
  await record("zod", (v) =>
    z
      .object({ role: z.string().refine(() => false, { error: ({ input }) => `Invalid role: ${input}` }) })
      .parse({ role: v.person() }),
  );
  await record("zod", (v) => z.strictObject({}).parse({ [v.token()]: 1 }));
  await record("zod", (v) =>
    z
      .object({
        token: z.string().refine(() => false, { error: ({ input }) => `token "${input}" is not known` }),
      })
      .parse({ token: v.token(24) }),
  );
  const struct = await load("superstruct");
  await record("superstruct", (v) =>
    struct.assert({ password: v.password() }, struct.object({ password: struct.number() })),
  );
  await record("superstruct", (v) =>
    struct.assert(
      { user: { email: v.mail() } },
      struct.object({ user: struct.object({ email: struct.boolean() }) }),
    ),
  );
  await record("superstruct", (v) =>
    struct.assert({ ssn: v.ssn() }, struct.object({ ssn: struct.pattern(struct.string(), /^x/) })),
  );
  const valibot = await load("valibot");
  await record("valibot", (v) =>
    valibot.parse(valibot.object({ email: valibot.pipe(valibot.string(), valibot.email()) }), {
      email: v.password(),
    }),
  );
  await record("valibot", (v) =>
    valibot.parse(valibot.object({ pin: valibot.number() }), { pin: v.digits(6) }),
  );
  await record("valibot", (v) => valibot.parse(valibot.picklist(["admin", "user"]), v.person()));
  await record("valibot", (v) =>
    valibot.parse(valibot.pipe(valibot.string(), valibot.creditCard()), v.ssn()),
  );
  const { type } = await load("arktype");
  await record("arktype", (v) => type({ password: "number" })({ password: v.password() }).throw());
  await record("arktype", (v) => type({ email: "string.email" })({ email: v.person() }).throw());
  await record("arktype", (v) =>
    type({ user: { phone: "string.digits" } })({ user: { phone: v.phone() } }).throw(),
  );
  const t = await load("io-ts");
  const { PathReporter } = await load("io-ts/PathReporter");
  await record("io-ts", (v) =>
    PathReporter.report(t.type({ password: t.number }).decode({ password: v.password() })).join("\n"),
  );
  await record("io-ts", (v) =>
    PathReporter.report(
      t.type({ customer: t.type({ name: t.number }) }).decode({ customer: { name: v.person() } }),
    ).join("\n"),
  );
  const runtypes = await load("runtypes");
  await record("runtypes", (v) =>
    runtypes.Object({ kind: runtypes.Literal("a") }).check({ kind: v.token(20) }),
  );
  await load("reflect-metadata");
  const cv = await load("class-validator");
  await record("class-validator", async (v) => {
    class SignUp {}
    cv.IsEmail({}, { message: "$property must be an email, got $value" })(SignUp.prototype, "email");
    cv.MinLength(40, { message: "$property $value is too short" })(SignUp.prototype, "password");
    const errors = await cv.validate(
      Object.assign(new SignUp(), { email: v.person(), password: v.password() }),
    );
    return errors.flatMap(({ constraints }) => Object.values(constraints)).join(", ");
  });
  const { default: mongoose } = await load("mongoose");
  const model = (name, fields) => mongoose.models[name] ?? mongoose.model(name, new mongoose.Schema(fields));
  await record("mongoose", (v) => new (model("Pin", { pin: Number }))({ pin: v.password() }).validate());
  await record("mongoose", (v) =>
    new (model("Role", { role: { type: String, enum: ["a", "b"] } }))({ role: v.person() }).validate(),
  );
  await record("mongoose", (v) =>
    new (model("Short", { password: { type: String, maxlength: 3 } }))({ password: v.password() }).validate(),
  );
  await record("mongoose", (v) =>
    new (model("Match", { email: { type: String, match: /^\d$/ } }))({ email: v.mail() }).validate(),
  );
  await record("mongoose", (v) =>
    new (model("Least", { ssn: { type: String, minlength: 40 }, born: Date }))({
      ssn: v.ssn(),
      born: v.person(),
    }).validate(),
  );
  await record(
    "mongoose",
    (v) =>
      new mongoose.Types.ObjectId(v.token(12)) &&
      model("Pin", {})
        .find({ pin: { $gt: v.password() } })
        .cast(),
  );
  await record("mongoose", (v) =>
    new (model("Max", { account: { type: Number, max: 5 } }))({ account: v.digits(10) }).validate(),
  );
  await record("mongoose", (v) =>
    new (model("Own", {
      token: {
        type: String,
        validate: { validator: () => false, message: (p) => `${p.value} is not a valid ${p.path}` },
      },
    }))({ token: v.token() }).validate(),
  );
  const { graphqlSync, buildSchema } = await load("graphql");
  const schema = buildSchema(
    "input Card { number: Int! cvv: Int } enum Role { A B } scalar Mail type Query { login(password: Int, role: Role): String pay(card: Card!): String }",
  );
  const ask = (source, variableValues) =>
    graphqlSync({ schema, source, variableValues })
      .errors.map((one) => one.message)
      .join("\n");
  await record("graphql", (v) => ask("query ($p: Int) { login(password: $p) }", { p: v.password() }));
  await record("graphql", (v) =>
    ask("query ($c: Card!) { pay(card: $c) }", { c: { number: v.card(), cvv: 1 } }),
  );
  await record("graphql", (v) =>
    ask("query ($c: Card!) { pay(card: $c) }", { c: { number: 1, cvv: v.digits(3), extra: v.mail() } }),
  );
  await record("graphql", (v) => ask(`{ login(password: "${v.password()}") }`));
  await record("graphql", (v) => ask("query ($r: Role) { login(role: $r) }", { r: v.person() }));
  await record("graphql", (v) => ask(`{ login(password: 1 ${v.token(12)}!) }`));
  const { Value } = await load("@sinclair/typebox/value");
  const { Type } = await load("@sinclair/typebox");
  await record("@sinclair/typebox", (v) =>
    JSON.stringify([...Value.Errors(Type.Object({ secret: Type.Number() }), { secret: v.password() })]),
  );
  const ev = await load("express-validator");
  await record("express-validator", async (v) => {
    const req = { body: { password: v.password(), email: v.person() } };
    await ev.body("password").isLength({ min: 99 }).run(req);
    await ev.body("email").isEmail().run(req);
    return JSON.stringify(ev.validationResult(req).array());
  });
  const envalid = await load("envalid");
  await record("envalid", (v) => {
    const lines = [];
    envalid.cleanEnv(
      { DB_URL: v.password() },
      { DB_URL: envalid.url() },
      {
        reporter: ({ errors }) => lines.push(...Object.entries(errors).map(([n, e]) => `${n}: ${e.message}`)),
      },
    );
    return lines.join("\n");
  });
  await record("envalid", (v) => {
    const lines = [];
    envalid.cleanEnv(
      { ADMIN_EMAIL: v.person(), API_PORT: v.password() },
      { ADMIN_EMAIL: envalid.email(), API_PORT: envalid.port() },
      {
        reporter: ({ errors }) => lines.push(...Object.entries(errors).map(([n, e]) => `${n}: ${e.message}`)),
      },
    );
    return lines.join("\n");
  });
  const envVar = await load("env-var");
  await record("env-var", (v) =>
    envVar.default.from({ DB_PASSWORD: v.password() }).get("DB_PASSWORD").asInt(),
  );
  await record("env-var", (v) =>
    envVar.default
      .from({ LEVEL: v.token(16) })
      .get("LEVEL")
      .asEnum(["a", "b"]),
  );
  const { default: convict } = await load("convict");
  await record("convict", (v) =>
    convict({ db: { password: { format: "port", default: 1 } } })
      .load({ db: { password: v.password() } })
      .validate(),
  );
  await record("convict", (v) =>
    convict({ role: { format: ["a", "b"], default: "a" } })
      .load({ role: v.person() })
      .validate(),
  );
  const { default: assert } = await load("node:assert");
  await record("node:assert", (v) => assert.strictEqual(v.password(), "expected"));
  await record("node:assert", (v) =>
    assert.deepStrictEqual({ user: "x", password: v.password() }, { user: "x", password: null }),
  );
  await record("node:assert", (v) => assert.match(v.mail(), /^\d+$/));
  const { expect } = await load("chai");
  await record("chai", (v) => expect({ token: v.token(20) }).to.deep.equal({ token: "" }));
  await record("chai", (v) => expect(v.password()).to.equal("x"));
  await record("chai", (v) => expect({ password: v.password() }).to.have.property("password", "x"));
}
