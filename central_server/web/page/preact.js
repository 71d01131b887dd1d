// The one place that says which component library this page stands on.
export { html, render, useCallback, useEffect, useLayoutEffect, useMemo, useReducer, useRef, useState } from "./vendor/htm-preact/standalone.module.js";
