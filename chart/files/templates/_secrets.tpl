{{/*
Decides once what every Secret holds, for all templates that ask. What is there already is kept; what is missing is made.
A Secret that is not of this release is left as it is.
*/}}
{{- define "cdk8s-services.secrets" -}}
{{- if not (hasKey .Values "cdk8sServicesSecrets") -}}
{{- $secrets := dict -}}
{{- $root := . -}}
{{- $today := now | date "2006-01-02" -}}
{{- $authority := dict -}}
{{- range $name, $wanted := include "cdk8s-services.wanted" . | fromYaml -}}
  {{- $found := lookup "v1" "Secret" $root.Release.Namespace $name | default dict -}}
  {{- $has := $found.data | default dict -}}
  {{- $notes := (($found.metadata | default dict).annotations | default dict) -}}
  {{- $own := eq $root.Release.Name (get $notes "meta.helm.sh/release-name") -}}
  {{- $secret := dict "name" $name "labels" $wanted.labels "annotations" dict "type" "Opaque" "data" dict -}}
  {{- if or (not $root.Values.secrets.create) (and $found (not $own)) -}}
    {{- range $key, $_ := $wanted.values | default (dict "tls.crt" "" "tls.key" "") -}}
      {{- if and $found (not (hasKey $has $key)) -}}
        {{- fail (printf "Secret %s has no key %s, which is read from it; add it, or delete the Secret" $name $key) -}}
      {{- end -}}
    {{- end -}}
    {{- $_ := set $secret "data" $has -}}
    {{- $_ := set $secret "given" true -}}
  {{- else if $wanted.names -}}
    {{- $names := $wanted.names | uniq | join " " -}}
    {{- $_ := set $secret "type" "kubernetes.io/tls" -}}
    {{- if and (eq $names (get $notes "cdk8s-services/names")) (lt $today (get $notes "cdk8s-services/renew-from")) -}}
      {{- $_ := set $secret "data" $has -}}
      {{- $_ := set $secret "annotations" (pick $notes "cdk8s-services/names" "cdk8s-services/renew-from") -}}
    {{- else -}}
      {{- if not $authority.signs -}}
        {{- $_ := set $authority "signs" (genCAWithKey "cdk8s-services authority" 397 (genPrivateKey "ecdsa")) -}}
      {{- end -}}
      {{- $leaf := genSignedCertWithKey (first $wanted.names) nil (uniq $wanted.names) 397 $authority.signs (genPrivateKey "ecdsa") -}}
      {{- $data := dict "tls.crt" (b64enc $leaf.Cert) "tls.key" (b64enc $leaf.Key) "ca.crt" (b64enc $authority.signs.Cert) -}}
      {{- $_ := set $secret "data" $data -}}
      {{- $renew := now | dateModify "+4800h" | date "2006-01-02" -}}
      {{- $_ := set $secret "annotations" (dict "cdk8s-services/names" $names "cdk8s-services/renew-from" $renew) -}}
    {{- end -}}
  {{- else -}}
    {{- range $key, $value := $wanted.values -}}
      {{- if eq $value.kind "text" -}}
        {{- $_ := set $secret.data $key (b64enc $value.text) -}}
      {{- else if hasKey $has $key -}}
        {{- $_ := set $secret.data $key (get $has $key) -}}
      {{- else if eq $value.kind "password" -}}
        {{- $_ := set $secret.data $key (randAlphaNum 32 | b64enc) -}}
      {{- else if eq $value.kind "ssh-private-key" -}}
        {{- $_ := set $secret.data $key (genPrivateKey "ecdsa" | b64enc) -}}
      {{- end -}}
    {{- end -}}
    {{- range $key, $value := $wanted.values -}}
      {{- if eq $value.kind "ssh-public-key" -}}
        {{- $_ := set $secret.data $key (include "cdk8s-services.sshPublicKey" (get $secret.data $value.of) | b64enc) -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
  {{- $_ := set $secrets $name $secret -}}
{{- end -}}
{{- $_ := set .Values "cdk8sServicesSecrets" $secrets -}}
{{- end -}}
{{- end }}

{{/*
The line of an authorized_keys file (RFC 5656) for a P-256 key in PEM (RFC 5915), whose last 65 bytes are the public key.
*/}}
{{- define "cdk8s-services.sshPublicKey" -}}
{{- $der := regexReplaceAll "-----[A-Z ]+-----" (b64dec .) "" | nospace | b64dec -}}
{{- if eq (len $der) 121 -}}
ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABB{{ substr 56 121 $der | b64enc }}
{{ else -}}
{{- fail "the login key is no P-256 key in PEM ('EC PRIVATE KEY'); delete Secret nginx-ssh to have it made anew" -}}
{{- end -}}
{{- end }}
