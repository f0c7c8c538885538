// Go's own clients against local-azure: identity, vault, blob, a signed link, and one call through the gateway.
//
// Run it with the variables of `cargo local start --no-host --seed tests/clients/seed.toml --env-file FILE`. Ends with 1 at
// the first thing that is not as in Azure.
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"
)

var ctx = context.Background()

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func expect(holds bool, what string, values ...any) {
	if !holds {
		check(fmt.Errorf("not so: %s %v", what, values))
	}
}

func identity(variable string) azcore.TokenCredential {
	options := azidentity.ManagedIdentityCredentialOptions{ID: azidentity.ClientID(os.Getenv(variable))}
	credential, err := azidentity.NewManagedIdentityCredential(&options)
	check(err)
	return credential
}

func secret(credential azcore.TokenCredential, name string) (string, error) {
	client, err := azsecrets.NewClient(os.Getenv("KEYVAULT__vaultUri"), credential, nil)
	check(err)
	answer, err := client.GetSecret(ctx, name, "", nil)
	if err != nil {
		return "", err
	}
	return *answer.Value, nil
}

func vault() {
	value, err := secret(identity("KEYVAULT__clientId"), "given")
	check(err)
	expect(value == "from the seed", "the secret", value)
	_, err = secret(identity("STORAGE__clientId"), "given")
	expect(err != nil && strings.Contains(err.Error(), "ForbiddenByRbac"), "refused by RBAC", err)
	credential, err := azidentity.NewClientSecretCredential(
		os.Getenv("AZURE_TENANT_ID"), os.Getenv("CLIENT_ID"), os.Getenv("CLIENT_SECRET"), nil)
	check(err)
	value, err = secret(credential, "given")
	check(err)
	expect(value == "from the seed", "the secret by a client secret", value)
	fmt.Println("vault: a secret read as a managed identity and as an app, and not as another identity")
}

func blobs() {
	client, err := service.NewClient(os.Getenv("STORAGE__blobServiceUri"), identity("OWNER__clientId"), nil)
	check(err)
	name := fmt.Sprintf("go-%d", time.Now().UnixNano())
	container := client.NewContainerClient(name)
	_, err = container.Create(ctx, nil)
	check(err)
	blob := container.NewBlockBlobClient("dir/a b.txt")
	_, err = blob.UploadBuffer(ctx, []byte("content"), nil)
	check(err)
	_, err = container.NewBlobClient("nowhere").GetProperties(ctx, nil)
	expect(bloberror.HasCode(err, bloberror.BlobNotFound), "a HEAD that finds nothing", err)

	start, expiry := time.Now().UTC().Add(-time.Minute).Format(sas.TimeFormat), time.Now().UTC().Add(time.Hour).Format(sas.TimeFormat)
	key, err := client.GetUserDelegationCredential(ctx, service.KeyInfo{Start: &start, Expiry: &expiry}, nil)
	check(err)
	query, err := sas.BlobSignatureValues{
		Protocol: sas.ProtocolHTTPS, ContainerName: name, BlobName: "dir/a b.txt",
		StartTime: time.Now().UTC().Add(-time.Minute), ExpiryTime: time.Now().UTC().Add(time.Minute),
		Permissions: (&sas.BlobPermissions{Read: true}).String(),
	}.SignWithUserDelegation(key)
	check(err)
	signed, err := blockblob.NewClientWithNoCredential(blob.URL()+"?"+query.Encode(), nil)
	check(err)
	answer, err := signed.DownloadStream(ctx, nil)
	check(err)
	content, err := io.ReadAll(answer.Body)
	check(err)
	expect(string(content) == "content", "the content", string(content))
	_, err = signed.Delete(ctx, nil)
	expect(bloberror.HasCode(err, bloberror.AuthorizationPermissionMismatch), "a deletion by a link to read", err)
	_, err = container.Delete(ctx, nil)
	check(err)
	fmt.Println("blob: written, read through a signed link, and not deleted through it")
}

func gateway() {
	key, err := secret(identity("KEYVAULT__clientId"), "orders-subscription-key")
	check(err)
	token, err := identity("APIM__clientId").GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{"api://orders/.default"}})
	check(err)
	for authorization, status := range map[string]int{"Bearer " + token.Token: 200, "Bearer x": 401} {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, os.Getenv("APIM__baseUrl")+"/orders", nil)
		check(err)
		request.Header.Set("Authorization", authorization)
		request.Header.Set("Ocp-Apim-Subscription-Key", key)
		answer, err := http.DefaultClient.Do(request)
		check(err)
		answer.Body.Close()
		expect(answer.StatusCode == status, "the gateway's status", answer.Status)
	}
	fmt.Println("gateway: an order list with token and key, and none without")
}

func main() {
	vault()
	blobs()
	gateway()
	fmt.Println("ok")
}
