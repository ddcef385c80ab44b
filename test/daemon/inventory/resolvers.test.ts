import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { loadConfig } from "@mtui/core/config";
import { MtuiError } from "@mtui/core/protocol";
import { expect, test } from "vitest";
import { fetchInventory } from "../../../packages/daemon/src/inventory/fetch.ts";
import { createInventory, resolveInventory } from "../../../packages/daemon/src/inventory/index.ts";

const FIXTURES = join(import.meta.dirname, "fixtures");
const CERTIFICATE = join(FIXTURES, "loopback-cert.pem");
const YAML =
  "default:\n  - {name: ant, arch: x86_64, product: {name: SLES, version: {major: 15, minor: SP6}}}\n";
const OTHER = YAML.replace("ant", "bee");

interface Web extends AsyncDisposable {
  url: string;
  hits: string[];
}

async function web(listener: RequestListener, { tls = false } = {}): Promise<Web> {
  const hits: string[] = [];
  const counted: RequestListener = (request, response) => {
    hits.push(request.url ?? "");
    listener(request, response);
  };
  const key = readFileSync(join(FIXTURES, "loopback-key.pem"));
  const server = tls
    ? createTlsServer({ key, cert: readFileSync(CERTIFICATE) }, counted)
    : createServer(counted);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls ? "https" : "http"}://127.0.0.1:${port}/refhosts.yml`,
    hits,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function desk(settings: { refhosts?: object; mtui?: object }) {
  const dir = mkdtempSync(join(tmpdir(), "mtui-inventory-"));
  const { config } = loadConfig({ env: { HOME: dir, LOGNAME: "alice" }, systemFile: join(dir, "none") });
  const own = {
    refhosts: { ...config.refhosts, path: join(dir, "refhosts.yml"), ...settings.refhosts },
    mtui: { ...config.mtui, ...settings.mtui },
  };
  const cache = join(dir, "cache", "refhosts.yml");
  mkdirSync(dirname(cache));
  return {
    dir,
    cache,
    config: own,
    /** A cached copy of this age in seconds. */
    putCache(text: string, age: number) {
      writeFileSync(cache, text);
      const then = Date.now() / 1000 - age;
      utimesSync(cache, then, then);
    },
    resolve: () => resolveInventory({ config: own, cacheDir: dirname(cache), now: Date.now }),
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  };
}

const serveText =
  (text: string): RequestListener =>
  (_request, response) =>
    void response.end(text);
const names = ({ hosts }: { hosts: readonly { name: string }[] }) => hosts.map(({ name }) => name);

async function failure(promise: Promise<unknown>): Promise<MtuiError> {
  const thrown = await promise.then(
    () => new Error("it succeeded"),
    (error: unknown) => error,
  );
  if (thrown instanceof MtuiError) return thrown;
  throw thrown;
}

test("a missing cache is downloaded once, then used until it expires", async () => {
  await using server = await web(serveText(YAML));
  using at = desk({ refhosts: { https_uri: server.url } });
  expect(names(await at.resolve())).toEqual(["ant"]);
  expect(names(await at.resolve())).toEqual(["ant"]);
  expect(server.hits).toHaveLength(1);
  expect(readdirSync(dirname(at.cache))).toEqual(["refhosts.yml"]);
  at.putCache(OTHER, 43_190);
  expect(names(await at.resolve())).toEqual(["bee"]);
  at.putCache(OTHER, 43_210);
  expect(names(await at.resolve())).toEqual(["ant"]);
  expect(server.hits).toHaveLength(2);
});

test("an expired cache is not used when the download fails, but named", async () => {
  await using server = await web((_request, response) => void response.writeHead(503).end());
  using at = desk({ refhosts: { https_uri: server.url, resolvers: ["https"] } });
  at.putCache(OTHER, 90_000);
  const error = await failure(at.resolve());
  expect(error).toMatchObject({ kind: "inventory.unavailable", retryable: true });
  expect(error.message).toContain("it answers 503");
  expect(error.message).toContain(`${at.cache} is 25 hours old and was not used`);
  expect(error.hint).toContain(at.cache);
});

test("a failing source is a warning when the next one has an inventory", async () => {
  await using server = await web((_request, response) => void response.writeHead(404).end());
  using at = desk({ refhosts: { https_uri: server.url } });
  writeFileSync(join(at.dir, "refhosts.yml"), YAML);
  const found = await at.resolve();
  expect(names(found)).toEqual(["ant"]);
  expect(found.warnings).toEqual([expect.stringContaining("source https failed: ")]);
});

test("the order of sources is the configured one", async () => {
  await using server = await web(serveText(YAML));
  using at = desk({ refhosts: { https_uri: server.url, resolvers: ["path", "https"] } });
  writeFileSync(join(at.dir, "refhosts.yml"), OTHER);
  expect(names(await at.resolve())).toEqual(["bee"]);
  expect(server.hits).toEqual([]);
});

test("all sources failed: one error that names each with its reason", async () => {
  await using server = await web((_request, response) => void response.writeHead(404).end());
  using at = desk({ refhosts: { https_uri: server.url } });
  const error = await failure(at.resolve());
  expect(error.kind).toBe("inventory.unavailable");
  expect(error.message).toContain("source https failed: http://127.0.0.1");
  expect(error.message).toContain(`source path failed: ${join(at.dir, "refhosts.yml")} cannot be read`);
});

test("a fresh but broken cache fails the source; rows that are left out are warnings", async () => {
  using at = desk({ refhosts: { resolvers: ["https", "path"] } });
  at.putCache("a: [", 10);
  writeFileSync(join(at.dir, "refhosts.yml"), `${YAML}  - {arch: x86_64, product: {name: SLES}}\n`);
  const found = await at.resolve();
  expect(names(found)).toEqual(["ant"]);
  expect(found.warnings).toEqual([
    expect.stringContaining("source https failed"),
    expect.stringContaining("refhosts.yml:3: row left out"),
  ]);
});

test.each([
  { verify: false as const, works: true },
  { verify: CERTIFICATE, works: true },
  { verify: true as const, works: false },
])("https with a certificate of its own, ssl_verify $verify: $works", async ({ verify, works }) => {
  await using server = await web(serveText(YAML), { tls: true });
  using at = desk({
    refhosts: { https_uri: server.url, resolvers: ["https"] },
    mtui: { ssl_verify: verify },
  });
  if (works) expect(names(await at.resolve())).toEqual(["ant"]);
  else expect((await failure(at.resolve())).message).toMatch(/self-signed certificate/);
});

test("a directory of hashed certificates is trusted; one without is an error that says how", async () => {
  await using server = await web(serveText(YAML), { tls: true });
  using at = desk({ refhosts: { https_uri: server.url, resolvers: ["https"] } });
  const verify = join(at.dir, "certs");
  mkdirSync(verify);
  await expect(fetchInventory(server.url, { verify })).rejects.toMatchObject({
    kind: "config.invalid",
    hint: expect.stringMatching(/rehash/),
  });
  copyFileSync(CERTIFICATE, join(verify, "0a1b2c3d.0"));
  expect((await fetchInventory(server.url, { verify })).toString()).toBe(YAML);
});

test.each<{ name: string; listener: RequestListener; says: RegExp }>([
  {
    name: "a body without end",
    listener: (_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write("x".repeat(65_536)));
      };
      response.on("drain", more);
      more();
    },
    says: /longer than 4194304 bytes/,
  },
  {
    name: "a connection cut in the middle",
    listener: (_request, response) => {
      response.writeHead(200, { "content-length": 1000 });
      response.write("half", () => response.destroy());
    },
    says: /gives no inventory: (aborted|it ended in the middle|socket hang up)/,
  },
  {
    name: "redirects in a circle",
    listener: (_request, response) => void response.writeHead(302, { location: "/refhosts.yml" }).end(),
    says: /more than 3 redirects/,
  },
  {
    name: "a redirect to a file",
    listener: (_request, response) => void response.writeHead(302, { location: "file:///etc/passwd" }).end(),
    says: /redirects to no URL/,
  },
])("$name is refused", async ({ listener, says }) => {
  await using server = await web(listener);
  const error = await failure(fetchInventory(server.url, { verify: true }));
  expect(error).toMatchObject({ kind: "inventory.unavailable", message: expect.stringMatching(says) });
});

test("silence ends a download", async () => {
  await using server = await web(() => {});
  const error = await failure(fetchInventory(server.url, { verify: true, limits: { readMs: 20 } }));
  expect(error.message).toContain("silent for 0.02 s");
});

test("a redirect is followed, but not from https to http", async () => {
  await using plain = await web(serveText(YAML));
  const redirect: RequestListener = (_request, response) =>
    void response.writeHead(301, { location: plain.url }).end();
  await using hop = await web(redirect);
  expect((await fetchInventory(hop.url, { verify: true })).toString()).toBe(YAML);
  await using secure = await web(redirect, { tls: true });
  expect((await failure(fetchInventory(secure.url, { verify: false }))).message).toContain("plain http");
});

test("user, password and query of a URL never show", async () => {
  await using server = await web((_request, response) => void response.writeHead(403).end());
  const url = `${server.url.replace("//", "//bob:hunter2@")}?token=s3cret`;
  const error = await failure(fetchInventory(url, { verify: true }));
  expect(JSON.stringify(error.toReport())).not.toMatch(/hunter2|s3cret|bob/);
});

test("queries at the same time share one reading; one that is cancelled does not end it", async () => {
  const gate = Promise.withResolvers<void>();
  await using server = await web((_request, response) => void gate.promise.then(() => response.end(YAML)));
  using at = desk({ refhosts: { https_uri: server.url, resolvers: ["https"] } });
  const inventory = createInventory(at.config, { env: { HOME: at.dir, XDG_CACHE_HOME: at.dir } });
  const abort = new AbortController();
  const first = inventory(abort.signal);
  const second = inventory();
  abort.abort(new MtuiError("request.cancelled", "enough"));
  await expect(first).rejects.toMatchObject({ kind: "request.cancelled" });
  gate.resolve();
  expect(names(await second)).toEqual(["ant"]);
  expect(server.hits).toHaveLength(1);
});
