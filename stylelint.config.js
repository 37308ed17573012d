// Lint for the stylesheets (`make check`): what is wrong or dangerous, no taste.

export default {
  extends: "stylelint-config-recommended",
  rules: {
    "color-named": "never", // colours are tokens (static/css/visor.css)
    "declaration-block-no-redundant-longhand-properties": null,
    "function-url-no-scheme-relative": true,
    "function-url-scheme-disallowed-list": ["http", "https", "ftp"],
    "selector-max-id": 1,
    "no-descending-specificity": null, // layers order what selectors would have to
    "no-unknown-animations": true,
    "no-unknown-custom-properties": null,
    "unit-disallowed-list": ["pt", "cm", "mm", "in"],
  },
};
