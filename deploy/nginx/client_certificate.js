// The certificate that a caller proved to nginx, as RFC 9440 section 2.1 writes it: its DER in base64, between colons.
function header(request) {
  const certificate = request.variables.ssl_client_raw_cert;
  return certificate ? `:${certificate.replace(/-----[^-]+-----|\s/g, "")}:` : "";
}

export default { header };
