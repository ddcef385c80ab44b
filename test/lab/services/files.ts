import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join, normalize } from "node:path";

/** Serve the files below `root` on a free loopback port, for GET and HEAD alone; gives the port. */
export function serveFiles(root: string): Promise<number> {
  const server = createServer((request, response) => {
    respond(root, request, response).catch(() => response.destroy());
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port: 0 }, () => {
      const address = server.address();
      if (address === null || typeof address === "string") reject(new Error("no port"));
      else resolve(address.port);
    });
  });
}

async function respond(root: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const end = (status: number) => {
    response.statusCode = status;
    response.end();
  };
  if (request.method !== "GET" && request.method !== "HEAD") return end(405);
  const path = pathOf(request.url ?? "/");
  const place = path === null ? null : join(root, normalize(path));
  if (place === null || !place.startsWith(`${root}/`)) return end(404);
  const info = await stat(place).catch(() => null);
  if (info === null || !info.isFile()) return end(404);
  response.setHeader("content-length", info.size);
  response.setHeader("last-modified", info.mtime.toUTCString());
  if (request.method === "HEAD") return end(200);
  createReadStream(place)
    .on("error", () => response.destroy())
    .pipe(response);
}

function pathOf(url: string): string | null {
  try {
    const path = decodeURIComponent(new URL(url, "http://lab").pathname);
    return path.includes("\0") ? null : path;
  } catch {
    return null;
  }
}
