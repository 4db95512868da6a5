import { connect } from "node:net";

/** Writes one request to a server as it stands and gives the whole answer; the server is asked to close behind it. */
export function rawRequest(url: string, head: string, body = ""): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let text = "";
    socket.setEncoding("utf8").on("data", (piece) => {
      text += piece;
    });
    socket.on("end", () => resolve(text)).on("error", reject);
    const length = body === "" ? "" : `content-length: ${Buffer.byteLength(body)}\r\n`;
    socket.write(`${head}\r\nconnection: close\r\n${length}\r\n${body}`);
  });
}

/** The status of an answer. */
export const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
