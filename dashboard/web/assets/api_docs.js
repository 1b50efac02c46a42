// Draws the documentation of the API from its own description; nothing is asked of anybody else.
SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#api",
  deepLinking: true,
  filter: true,
  validatorUrl: null,
  displayRequestDuration: true,
});
