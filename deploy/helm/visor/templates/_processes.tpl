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
  command: [python, -m, celery, --app, config, worker, --concurrency, {{ .Values.processes.worker | quote }}]
{{- end }}

{{/* Whether a role is that of a command, which asks the database alone. */}}
{{- define "visor.isCommand" -}}
{{- if has .role (list "migrator" "backup") }}yes{{ end -}}
{{- end }}

{{/* The number of a role's user, as the images have it (deploy/container/Containerfile). */}}
{{- define "visor.user" -}}
{{- get (dict "web" 10001 "provider" 10002 "worker" 10003 "portal" 10004 "migrator" 10005 "backup" 10006) . -}}
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
{{- if not (include "visor.isCommand" .) }}
supplementalGroups: [10000]
{{- end }}
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
- { name: VISOR_SECRETS_FILE, value: /run/secrets/visor/{{ .role }}.json }
- { name: VISOR_DATA_DIR, value: /var/lib/visor/{{ .role }} }
{{- if include "visor.isCommand" . }}
# It takes no tasks, and has an address in which there is no password of the queue's.
- { name: VISOR_BROKER_URL, value: "redis://:none@redis/0" }
{{- else }}
- { name: VISOR_ROLES, value: {{ .role }} }
- { name: VISOR_BROKER_URL_FILE, value: /run/secrets/visor/broker_url }
- { name: VISOR_WATCH_ADDRESS, value: "0.0.0.0:{{ $values.watchPort }}" }
- { name: VISOR_KEY_SERVICE, value: {{ $values.keys.service }} }
{{- if eq $values.keys.service "transit" }}
- { name: VISOR_TRANSIT_URL, value: {{ $values.keys.url | quote }} }
- { name: VISOR_TRANSIT_TOKEN_FILE, value: /run/secrets/visor/transit_token }
{{- else }}
- { name: VISOR_KEY_STORE, value: /var/lib/visor/keys }
{{- end }}
{{- with $values.objects.url }}
- { name: VISOR_REFERENCE_STORE, value: objects }
- { name: VISOR_OBJECTS_URL, value: {{ . | quote }} }
- { name: VISOR_OBJECTS_BUCKET, value: {{ $values.objects.bucket | quote }} }
- { name: VISOR_OBJECTS_REGION, value: {{ $values.objects.region | quote }} }
{{- if eq $.role "worker" }}
- { name: VISOR_OBJECTS_ACCESS_KEY_FILE, value: /run/secrets/visor/objects_access_key }
- { name: VISOR_OBJECTS_SECRET_KEY_FILE, value: /run/secrets/visor/objects_secret_key }
{{- end }}
{{- end }}
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
{{- if and (eq .root.Values.keys.service "file") (not (include "visor.isCommand" .)) }}
- { name: keys, mountPath: /var/lib/visor/keys }
{{- end }}
{{- if and (eq .role "provider") .root.Values.log.anchorClaim }}
- { name: checkpoints, mountPath: /var/lib/visor/checkpoints }
{{- end }}
{{- if eq .role "backup" }}
- { name: copies, mountPath: /var/lib/visor/copies }
{{- end }}
{{- end }}

{{- define "visor.volumes" -}}
- name: secrets
  secret: { secretName: {{ get .root.Values.secrets .role }}, defaultMode: 0440 }
- name: own
  emptyDir: { sizeLimit: 256Mi }
- name: temporary
  emptyDir: { sizeLimit: 512Mi }
{{- if and (eq .root.Values.keys.service "file") (not (include "visor.isCommand" .)) }}
- name: keys
  persistentVolumeClaim: { claimName: {{ .root.Values.keys.claim }} }
{{- end }}
{{- if and (eq .role "provider") .root.Values.log.anchorClaim }}
- name: checkpoints
  persistentVolumeClaim: { claimName: {{ .root.Values.log.anchorClaim }} }
{{- end }}
{{- if eq .role "backup" }}
- name: copies
  persistentVolumeClaim: { claimName: {{ required "backup.claim names where copies lie" .root.Values.backup.claim }} }
{{- end }}
{{- end }}

{{/* The pod of a command: root, process, role, image, command. */}}
{{- define "visor.commandPod" -}}
metadata:
  labels:
    {{- include "visor.labels" . | nindent 4 }}
    visor/out: "no"
spec:
  restartPolicy: Never
  automountServiceAccountToken: false
  enableServiceLinks: false
  securityContext: {{- include "visor.podSecurity" . | nindent 4 }}
  {{- with .root.Values.image.pullSecrets }}
  imagePullSecrets: {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: {{ .process }}
      image: {{ include "visor.image" (dict "root" .root "name" .image) }}
      imagePullPolicy: {{ .root.Values.image.pullPolicy }}
      command: {{ toJson .command }}
      securityContext: {{- include "visor.containerSecurity" . | nindent 8 }}
      env: {{- include "visor.environment" . | nindent 8 }}
      resources: {{- get .root.Values.resources .process | toYaml | nindent 8 }}
      volumeMounts: {{- include "visor.mounts" . | nindent 8 }}
  volumes: {{- include "visor.volumes" . | nindent 4 }}
{{- end }}
