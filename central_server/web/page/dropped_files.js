// Files that are dropped anywhere on the page while a component is shown. Without this the browser would leave for the file.
import { useEffect, useRef, useState } from "./preact.js";

/** Whether a file is being dragged over the page; `onFile` gets the first that is dropped. */
export function useDroppedFiles(onFile) {
  const [isOver, setOver] = useState(false);
  const latest = useRef(onFile);
  latest.current = onFile;
  useEffect(() => {
    const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
    const over = (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const left = (event) => event.relatedTarget === null && setOver(false);
    const dropped = (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(false);
      if (event.dataTransfer.files[0]) latest.current(event.dataTransfer.files[0]);
    };
    const listeners = { dragover: over, dragleave: left, drop: dropped };
    for (const [name, listener] of Object.entries(listeners)) window.addEventListener(name, listener);
    return () => {
      for (const [name, listener] of Object.entries(listeners)) window.removeEventListener(name, listener);
    };
  }, []);
  return isOver;
}
