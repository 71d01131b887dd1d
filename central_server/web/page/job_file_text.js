// A job's settings as the job file that asks for them again: in the order people write, without what was left open. Pure.
import { toYaml } from "./to_yaml.js";

const ORDER = ["name", "model", "dataset", "batch_size", "epochs", "hyperparameters", "priority", "resources", "labels"];

const FIRST_IN_MODEL = ["id", "type", "name", "architecture"];

export function jobFileText(spec) {
  const names = [...ORDER.filter((name) => name in spec), ...Object.keys(spec).filter((name) => !ORDER.includes(name))];
  return toYaml(Object.fromEntries(names.filter((name) => !isOpen(spec[name])).map((name) => [name, name === "model" ? kindFirst(spec[name]) : withoutOpen(spec[name])])));
}

/** People say what a layer is before they say how it is. */
function kindFirst(value) {
  if (Array.isArray(value)) return value.map(kindFirst);
  if (value === null || typeof value !== "object") return value;
  const rank = (key) => FIRST_IN_MODEL.indexOf(key) + 1 || FIRST_IN_MODEL.length + 1;
  const entries = Object.entries(value).sort(([a], [b]) => rank(a) - rank(b));
  return Object.fromEntries(entries.map(([key, one]) => [key, kindFirst(one)]));
}

function withoutOpen(value) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, one]) => !isOpen(one)));
}

/** Nothing, an empty text and an empty collection all say that nobody said anything. */
function isOpen(value) {
  if (value === null || value === undefined || value === "") return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}
