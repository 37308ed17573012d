{{/*
The processes of an installation (docs/scheduled-work.md): role, image, what is started, whether it answers people
(serves), asks servers outside (out), and how many seconds it has to end what it has begun.
*/}}
{{- define "visor.processes" -}}
web:
  role: web
  image: web
  serves: true
  out: true
  seconds: 45
  command: [python, -m, gunicorn, config.wsgi, --no-control-socket, --bind, "0.0.0.0:8000"]
portal:
  role: portal
  image: web
  serves: true
  out: true
  seconds: 45
  command: [python, -m, gunicorn, config.wsgi, --no-control-socket, --bind, "0.0.0.0:8000"]
office:
  role: portal
  image: web
  out: true
  seconds: 120
  command: [python, -m, celery, --app, config, worker, --queues, portal, --concurrency, "1"]
scheduler:
  role: provider
  image: web
  out: true
  seconds: 90
  command: [python, -m, celery, --app, config, worker, --beat, --queues, "provider,log", --concurrency, "2"]
deliveries:
  role: provider
  image: web
  out: true
  seconds: 30
  command: [python, -m, celery, --app, config, worker, --queues, deliveries, --concurrency, "1"]
keys:
  role: provider
  image: web
  seconds: 90
  command: [python, -m, celery, --app, config, worker, --queues, keys, --concurrency, "1"]
sweeper:
  role: provider
  image: web
  seconds: 60
  command: [python, manage.py, sweeper]
worker:
  role: worker
  image: worker
  seconds: 90
  command: [python, -m, celery, --app, config, worker]
{{- end }}

{{/* The number of a role's user, as the images have it (deploy/container/Containerfile). */}}
{{- define "visor.user" -}}
{{- get (dict "web" 10001 "provider" 10002 "worker" 10003 "portal" 10004 "migrator" 10005) . -}}
{{- end }}

{{- define "visor.image" -}}
{{- $values := .root.Values.image -}}
{{- $one := get $values .name -}}
{{- with $values.registry }}{{ . }}/{{ end -}}
{{- $one.repository -}}
{{- if $one.digest }}@{{ $one.digest }}{{ else }}:{{ $values.tag | default .root.Chart.AppVersion }}{{ end -}}
{{- end }}

{{- define "visor.name" -}}
{{- printf "%s-%s" (.root.Release.Name | trunc 40 | trimSuffix "-") .process -}}
{{- end }}

{{- define "visor.selector" -}}
app.kubernetes.io/name: visor
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .process }}
{{- end }}

{{- define "visor.labels" -}}
{{ include "visor.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{/* What every pod is not allowed, by its role's user; files of its Secret are read by its group. */}}
{{- define "visor.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ include "visor.user" .role }}
runAsGroup: {{ include "visor.user" .role }}
fsGroup: {{ include "visor.user" .role }}
supplementalGroups: [10000]
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "visor.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- define "visor.environment" -}}
{{- $values := .root.Values -}}
- { name: VISOR_ENVIRONMENT, value: production }
- { name: VISOR_BASE_URL, value: {{ $values.baseUrl | quote }} }
- { name: VISOR_DATABASE_URL, value: {{ $values.databaseUrl | quote }} }
- { name: VISOR_BROKER_URL_FILE, value: /run/secrets/visor/broker_url }
- { name: VISOR_SECRETS_FILE, value: /run/secrets/visor/{{ .role }}.json }
- { name: VISOR_DATA_DIR, value: /var/lib/visor/{{ .role }} }
- { name: VISOR_KEY_SERVICE, value: {{ $values.keys.service }} }
{{- if eq $values.keys.service "transit" }}
- { name: VISOR_TRANSIT_URL, value: {{ $values.keys.url | quote }} }
- { name: VISOR_TRANSIT_TOKEN_FILE, value: /run/secrets/visor/transit_token }
{{- else }}
- { name: VISOR_KEY_STORE, value: /var/lib/visor/keys }
{{- end }}
{{- if ne .role "migrator" }}
- { name: VISOR_ROLES, value: {{ .role }} }
{{- if ne .role "worker" }}
- { name: VISOR_MAIL_HOST, value: {{ $values.mail.host | quote }} }
- { name: VISOR_MAIL_PORT, value: {{ $values.mail.port | quote }} }
- { name: VISOR_MAIL_TLS, value: {{ $values.mail.tls }} }
- { name: VISOR_MAIL_FROM, value: {{ $values.mail.from | quote }} }
{{- with $values.mail.user }}
- { name: VISOR_MAIL_USER, value: {{ . | quote }} }
- { name: VISOR_MAIL_PASSWORD_FILE, value: /run/secrets/visor/mail_password }
{{- end }}
{{- end }}
- { name: VISOR_WATCH_ADDRESS, value: "0.0.0.0:{{ $values.watchPort }}" }
{{- end }}
{{- if eq .role "provider" }}
- { name: VISOR_CHECKPOINT_KEY_FILE, value: /run/secrets/visor/sequencer.json }
{{- if $values.log.anchorClaim }}
- { name: VISOR_LOG_ANCHOR, value: /var/lib/visor/checkpoints }
{{- end }}
{{- if $values.log.witness }}
- { name: VISOR_LOG_WITNESS, value: {{ $values.log.witness | quote }} }
- { name: VISOR_LOG_WITNESS_KEY, value: {{ $values.log.witnessKey | quote }} }
{{- end }}
{{- end }}
{{- range $name, $value := $values.variables }}
- { name: {{ $name }}, value: {{ $value | quote }} }
{{- end }}
{{- end }}

{{- define "visor.mounts" -}}
- { name: secrets, mountPath: /run/secrets/visor, readOnly: true }
- { name: own, mountPath: /var/lib/visor/{{ .role }} }
- { name: temporary, mountPath: /tmp }
{{- if eq .root.Values.keys.service "file" }}
- { name: keys, mountPath: /var/lib/visor/keys }
{{- end }}
{{- if and (eq .role "provider") .root.Values.log.anchorClaim }}
- { name: checkpoints, mountPath: /var/lib/visor/checkpoints }
{{- end }}
{{- end }}

{{- define "visor.volumes" -}}
- name: secrets
  secret: { secretName: {{ get .root.Values.secrets .role }}, defaultMode: 0440 }
- name: own
  emptyDir: { sizeLimit: 256Mi }
- name: temporary
  emptyDir: { sizeLimit: 512Mi }
{{- if eq .root.Values.keys.service "file" }}
- name: keys
  persistentVolumeClaim: { claimName: {{ .root.Values.keys.claim }} }
{{- end }}
{{- if and (eq .role "provider") .root.Values.log.anchorClaim }}
- name: checkpoints
  persistentVolumeClaim: { claimName: {{ .root.Values.log.anchorClaim }} }
{{- end }}
{{- end }}
