// Turns a file that was dropped or opened into the text of a job file. A designer graph is turned by the server.
import { ApiError, postText } from "./api.js";

const LARGEST_BYTES = 16 * 1024 * 1024;

export async function textOfFile(file) {
  if (file.size > LARGEST_BYTES) throw new ApiError(413, `${file.name} has more than 16 MiB: a job file describes layers; weights and data do not belong in it.`);
  const text = await file.text();
  if (text.includes("\u0000")) throw new ApiError(400, `${file.name} is no text: drop a .yaml job file or a .cyxgraph of the designer.`);
  if (!isGraph(file.name, text)) return text;
  return (await postText("/convert", text, { type: "application/json" })).yaml;
}

/** Graphs are known by their name, or by being JSON with nodes of their own and no dataset beside them. */
function isGraph(name, text) {
  if (/\.cyxgraph$/i.test(name)) return true;
  if (!text.trimStart().startsWith("{")) return false;
  try {
    const value = JSON.parse(text);
    return !("dataset" in value) && !("model" in value) && ("nodes" in value || "template" in value);
  } catch {
    return false;
  }
}
