import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import type { SecureContextOptions } from "node:tls";
import { MtuiError } from "@mtui/core/protocol";

/** Where distributions keep what their administrator trusts. */
const SYSTEM_BUNDLES = [
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/cert.pem",
];

export interface Trust {
  rejectUnauthorized: boolean;
  ca?: SecureContextOptions["ca"];
}

/**
 * Which certificates are believed, for a value of `mtui.ssl_verify`: true = the system's
 * (`$SSL_CERT_FILE` first), false = any, a path = that bundle, or the hashed certificates of that directory.
 */
export function trust(verify: boolean | string, env: NodeJS.ProcessEnv = process.env): Trust {
  if (verify === false) return { rejectUnauthorized: false };
  if (typeof verify === "string") return { rejectUnauthorized: true, ca: certificatesAt(verify) };
  const bundle = [env["SSL_CERT_FILE"], ...SYSTEM_BUNDLES].find((path) => path !== undefined && isFile(path));
  return {
    rejectUnauthorized: true,
    ca: bundle === undefined ? [...rootCertificates] : [readFileSync(bundle, "utf8")],
  };
}

function certificatesAt(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [readFileSync(path, "utf8")];
    const hashed = readdirSync(path).filter((name) => /^[0-9a-f]{8}\.r?\d+$/.test(name));
    if (hashed.length === 0) throw new Error("it has no certificates with hashed names (openssl rehash)");
    return hashed.map((name) => readFileSync(join(path, name), "utf8"));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new MtuiError("config.invalid", `mtui.ssl_verify: ${path} cannot be used: ${why}`, {
      cause,
      hint: "Name a readable PEM file, or a directory prepared with: openssl rehash DIR",
    });
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
