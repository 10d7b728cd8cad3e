// Errors of parsers: they quote the place at which they gave up.
export async function run({ load, record }) {
  await record("node:JSON", (v) => JSON.parse(v.password()));
  await record("node:JSON", (v) => JSON.parse(`{"password":"${v.password()}",}`));
  await record("node:JSON", (v) => JSON.parse(`{"user": ada, "token": "${v.token(20)}"}`));
  await record("node:JSON", (v) => JSON.parse(`password=${v.password()}`));
  await record("node:JSON", (v) => JSON.parse(`<html>${v.mail()}`));
  await record("node:JSON", (v) => JSON.parse(`Bearer ${v.jwt()}`));
  await record("node:JSON", (v) => JSON.parse(`[1,2,"${v.person()}"`));
  await record("node:JSON", (v) => JSON.parse(`{'pin': ${v.digits(6)}}`));
  await record("node:JSON", (v) => JSON.parse(v.person()));
  const { default: JSON5 } = await load("json5");
  await record("json5", (v) => JSON5.parse(`{password: ${v.password()}}`));
  const yaml = await load("yaml");
  await record("yaml", (v) => yaml.parse(`db:\n  user: app\n  password: ${v.password()}\n : x: y\n`));
  await record("yaml", (v) => yaml.parse(`smtp:\n  pass: "${v.password()}\n  port: 25\n`));
  await record("yaml", (v) => yaml.parse(`a: {b: ${v.token()}`));
  const jsYaml = await load("js-yaml");
  const loadYaml = jsYaml.load ?? jsYaml.default.load;
  await record("js-yaml", (v) => loadYaml(`db:\n  user: app\n  password: ${v.password()}\n port: : 1\n`));
  await record("js-yaml", (v) => loadYaml(`key: ${v.known("github")}\n\tb: 1\n`));
  await record("js-yaml", (v) => loadYaml(`mail: ${v.mail()}\nmail: x\n`));
  const toml = await load("smol-toml");
  await record("smol-toml", (v) => toml.parse(`[db]\npassword = ${v.password()}\n`));
  await record("smol-toml", (v) => toml.parse(`[db]\nuser = "app"\napi_key = "${v.token()}\n`));
  const { parse: parseCsv } = await load("csv-parse/sync");
  await record("csv-parse", (v) => parseCsv(`name,mail\n"${v.person()}"x,${v.mail()}\n`));
  await record("csv-parse", (v) => parseCsv(`name,mail\n${v.person()},${v.mail()},3\n`, { columns: true }));
  await record("csv-parse", (v) => parseCsv(`a,b\n"${v.iban()}" ,1\n`, { quote: '"' }));
  const { XMLValidator, XMLBuilder } = await load("fast-xml-parser");
  await record(
    "fast-xml-parser",
    (v) =>
      XMLValidator.validate(`<a><password>${v.password()}</b></a>`).err.msg +
      ` in <login><user>x</user><password>${v.password()}</password></login>`,
  );
  await record(
    "fast-xml-parser",
    (v) =>
      `request was ${new XMLBuilder({}).build({ Login: { Username: v.mail(), Password: v.password(), ApiKey: v.token() } })}`,
  );
  await record(
    "fast-xml-parser",
    (v) =>
      `request was ${new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: "$" }).build({ auth: { $user: "app", $password: v.password() } })}`,
  );
  const { parseArgs } = await load("node:util");
  await record("node:util", (v) =>
    parseArgs({ args: [`--password=${v.password()}`], options: { user: { type: "string" } } }),
  );
  await record("node:util", (v) =>
    parseArgs({ args: ["--user", "app", v.password()], options: { user: { type: "string" } } }),
  );
  const { Command, Option } = await load("commander");
  const command = () => new Command("tool").exitOverride().configureOutput({ writeErr() {} });
  await record("commander", (v) =>
    command()
      .option("--pin <n>", "pin", (text) => {
        if (!/^x/.test(text))
          throw Object.assign(new Error("not a pin"), { code: "commander.invalidArgument" });
        return text;
      })
      .parse(["--pin", v.digits(6)], { from: "user" }),
  );
  await record("commander", (v) =>
    command()
      .addOption(new Option("--token <t>").choices(["a"]))
      .parse(["--token", v.token()], { from: "user" }),
  );
  await record("commander", (v) => command().parse([`--passwort=${v.password()}`], { from: "user" }));
  await record("commander", (v) =>
    command()
      .command("login")
      .exitOverride()
      .configureOutput({ writeErr() {} })
      .parent.parse([v.password()], { from: "user" }),
  );
  const phone = await load("libphonenumber-js");
  await record(
    "libphonenumber-js",
    (v) =>
      `no phone number: ${phone.parsePhoneNumberWithError(v.phone().replace(/[0-9]$/, ""), "US").number ?? ""}`,
  );
  await record("node:url", (v) => {
    try {
      new URL(`http://app:${v.password()}@[db/x`);
    } catch (error) {
      return `${error.message}: ${error.input}`;
    }
  });
  await record("node:url", (v) => {
    try {
      new URL(`//${v.mail()}`);
    } catch (error) {
      return `${error.code} ${error.input}`;
    }
  });
  const { Buffer } = await load("node:buffer");
  await record("node:buffer", (v) => Buffer.alloc(v.password()));
  const crypto = await load("node:crypto");
  await record("node:crypto", (v) => crypto.createHmac("sha256", { key: v.token() }, 1));
  await record("node:crypto", (v) => crypto.randomBytes(v.password()));
  const fs = await load("node:fs");
  await record("node:fs", (v) => fs.readFileSync(`/tmp/none/${v.mail()}/invoice.pdf`));
}
