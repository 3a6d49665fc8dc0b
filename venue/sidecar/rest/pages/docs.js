// Starts Swagger UI on the descriptions that this server has. Nothing is fetched from anywhere else.
"use strict";

async function start() {
  const response = await fetch("/openapi");
  const apis = (await response.json()).items;
  const redirect = new URL("/docs/oauth2-redirect.html", window.location.href).href;
  const ui = SwaggerUIBundle({
    urls: apis.map((api) => ({ url: api.url, name: api.title })),
    dom_id: "#swagger-ui",
    deepLinking: true,
    displayRequestDuration: true,
    filter: true,
    oauth2RedirectUrl: redirect,
    presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
    layout: "StandaloneLayout",
    queryConfigEnabled: false,
    tryItOutEnabled: true,
    validatorUrl: null,
  });
  ui.initOAuth({ clientId: "docs", usePkceWithAuthorizationCodeGrant: true });
  window.ui = ui;
}

start();
