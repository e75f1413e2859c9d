{{/* The image of a service: one that was built on the node, or one of a registry, by its digest where that is given. */}}
{{- define "cdk8s-services.image" -}}
{{- $service := index . 1 -}}
{{- with (index . 0).Values.image -}}
{{- printf "%s/%s:%s" (.registry | default "cdk8s-services") $service (index $ 2) -}}
{{- with get .digests $service }}@{{ . }}{{ end -}}
{{- end -}}
{{- end }}

{{/* Whoever asks the registry at each start runs no image which only others may pull. */}}
{{- define "cdk8s-services.pullPolicy" -}}
{{- with .Values.image -}}
{{- .pullPolicy | default (ternary "Always" "Never" (ne .registry "")) -}}
{{- end -}}
{{- end }}

{{/* What pods mount and do not read again: ConfigMaps by their file, Secrets by their names. */}}
{{- define "cdk8s-services.hash" -}}
{{- $root := index . 0 -}}
{{- include "cdk8s-services.secrets" $root -}}
{{- $parts := list -}}
{{- with index . 1 -}}
{{- $parts = append $parts (include (print $root.Template.BasePath "/" .) $root) -}}
{{- end -}}
{{- range index . 2 -}}
{{- $parts = append $parts (get $root.Values.cdk8sServicesSecrets .).data -}}
{{- end -}}
{{- $parts | toJson | sha256sum | trunc 12 -}}
{{- end }}
