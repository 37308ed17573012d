// Lint for the pages' scripts, and for those of tests and benchmarks (`make check`).
// A fault is an error; what is mere taste is no rule here.

import js from "@eslint/js";
import globals from "globals";

const MARKUP = "builds markup from text: use textContent, or elements";

const rules = {
  ...js.configs.recommended.rules,
  "array-callback-return": "error",
  eqeqeq: "error",
  "no-constructor-return": "error",
  "no-self-compare": "error",
  "no-template-curly-in-string": "error",
  "no-unused-expressions": "error",
  "no-unmodified-loop-condition": "error",
  "no-use-before-define": ["error", { functions: false, classes: false, variables: false }],
  "no-var": "error",
  "object-shorthand": "error",
  "prefer-const": "error",
};

// The pages' policy (CSP) stops these too; here they are found before a browser does.
const insecure = {
  "no-eval": "error",
  "no-implied-eval": "error",
  "no-new-func": "error",
  "no-script-url": "error",
  "no-restricted-properties": [
    "error",
    { property: "innerHTML", message: MARKUP },
    { property: "outerHTML", message: MARKUP },
    { property: "insertAdjacentHTML", message: MARKUP },
    { object: "document", property: "write", message: MARKUP },
  ],
  "no-restricted-globals": [
    "error",
    { name: "localStorage", message: "what a page keeps is kept by static/js/capture/store.js" },
    { name: "sessionStorage", message: "what a page keeps is kept by static/js/capture/store.js" },
  ],
};

export default [
  { ignores: ["build/", "var/", "staticfiles/", ".venv/"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  { files: ["**/*.{js,mjs}"], rules },
  { files: ["static/**/*.js"], languageOptions: { globals: globals.browser }, rules: insecure },
  // Loaded without type="module".
  { files: ["static/js/oidc/*.js", "static/js/capture/worker.js"], languageOptions: { sourceType: "script" } },
  { files: ["static/js/capture/worker.js"], languageOptions: { globals: globals.serviceworker } },
  // What tests put into pages.
  { files: ["tests/browser/*.js"], languageOptions: { sourceType: "script", globals: globals.browser } },
  { files: ["tests/browser/looks.js"], rules: { "no-unused-expressions": "off" } }, // its value is what it says
  { files: ["**/*.mjs", "*.config.js"], languageOptions: { globals: globals.node } },
];
