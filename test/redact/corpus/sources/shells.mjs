// Errors of programs that were started with secrets in their command lines.
export async function run({ load, record }) {
  const { exec, execFile, execSync, execFileSync } = await load("node:child_process");
  const { promisify } = await load("node:util");
  const sh = promisify(exec);
  const file = promisify(execFile);
  await record("node:child_process", (v) => sh(`mysql -u root -p${v.password()} -e 'select 1' && false`));
  await record("node:child_process", (v) => sh(`curl -sf -u app:${v.password()} http://127.0.0.1:1/`));
  await record("node:child_process", (v) =>
    sh(`psql "postgresql://app:${v.password()}@db/shop" -c 'select 1' ; false`),
  );
  await record("node:child_process", (v) =>
    sh(`docker login -u ci --password ${v.password()} registry.example`),
  );
  await record("node:child_process", (v) => sh(`PGPASSWORD='${v.password()}' pg_dump -h db shop; false`));
  await record("node:child_process", (v) =>
    execSync(`redis-cli -a "${v.password()}" ping || false`, { stdio: "pipe" }),
  );
  await record("node:child_process", (v) =>
    execSync(`sshpass -p '${v.password()}' ssh app@host uptime`, { stdio: "pipe" }),
  );
  await record("node:child_process", (v) =>
    file("openssl", ["rsa", "-in", "/none", "-passin", `pass:${v.password()}`]),
  );
  await record("node:child_process", (v) => execFileSync("false", ["--token", v.token(), "--verbose"]));
  await record("node:child_process", (v) => file("false", ["--api-key", v.token(), "deploy"]));
  await record("node:child_process", (v) =>
    file("curl", ["-sf", "-H", `Authorization: Bearer ${v.token()}`, "http://127.0.0.1:1/"]),
  );
  await record("node:child_process", (v) =>
    file("curl", [
      "-sf",
      "-H",
      `X-Auth-Token: ${v.hex()}`,
      "-d",
      `{"pin":"${v.digits(4)}"}`,
      "http://127.0.0.1:1/",
    ]),
  );
  await record("node:child_process", (v) =>
    file("curl", ["--fail", "--user", `${v.mail()}:${v.password()}`, "http://127.0.0.1:1/"]),
  );
  await record("node:child_process", (v) =>
    file("git", ["clone", `https://oauth2:${v.known("gitlab")}@127.0.0.1:1/x.git`, "/tmp/none/x"]),
  );
  await record("node:child_process", (v) => sh(`ldapsearch -x -D cn=admin -w ${v.password()} -b dc=example`));
  await record("node:child_process", (v) =>
    sh(`kubectl create secret generic db --from-literal=password=${v.password()}`),
  );
  await record("node:child_process", (v) =>
    sh(`mongodump --uri="mongodb://app:${v.password()}@db/shop" ; false`),
  );
  await record("node:child_process", (v) =>
    sh(`mysqldump --user=app --password="${v.password()}" shop; false`),
  );
  await record("node:child_process", (v) =>
    sh(`export AWS_SECRET_ACCESS_KEY=${v.token(40)} AWS_ACCESS_KEY_ID=${v.known("aws")}; aws s3 ls`),
  );
  await record("node:child_process", (v) => sh(`zip -P ${v.password()} out.zip /none`));
  await record("node:child_process", (v) => sh(`7z x -p${v.password()} a.7z`));
  await record("node:child_process", (v) => sh(`htpasswd -b /none app ${v.password()}`));
  await record("node:child_process", (v) => sh(`echo ${v.password()} | sudo -S -u nobody false`));
  await record("node:child_process", (v) =>
    sh(`wget -q --user=app --password=${v.password()} http://127.0.0.1:1/`),
  );
  await record("node:child_process", (v) => sh(`smbclient //host/share -U app%${v.password()}`));
  await record("node:child_process", (v) =>
    sh(`npm config set //registry.example/:_authToken=${v.known("npm")} --location=nowhere`),
  );
  await record("node:child_process", (v) => sh(`gpg --batch --passphrase ${v.password()} -d /none`));
  await record("node:child_process", (v) => sh(`mysql --host db -u app --password ${v.password()} shop`));
  const { execa } = await load("execa");
  await record("execa", (v) => execa("false", ["--password", v.password()]));
  await record("execa", (v) => execa("mysql-none", ["-u", "app", `-p${v.password()}`]));
  await record("execa", (v) => execa("false", ["login", "--email", v.mail(), "--otp", v.digits(6)]));
  await record(
    "execa",
    (v) => execa({ env: { TOKEN: "x" } })`curl -sf -u admin:${v.password()} http://127.0.0.1:1`,
  );
  await record("execa", (v) => execa("false", [`--client-secret=${v.token()}`]));
  await record("execa", (v) => execa("false", ["create-user", "--pass", `${v.password()} x`]));
  const { simpleGit } = await load("simple-git");
  await record("simple-git", (v) =>
    simpleGit("/tmp").clone(
      `https://x-access-token:${v.known("github")}@127.0.0.1:1/acme/shop.git`,
      "/tmp/none-x",
    ),
  );
  await record("simple-git", (v) =>
    simpleGit("/tmp").clone(`http://${v.token(20)}@127.0.0.1:1/shop.git`, "/tmp/none-y"),
  );
}
