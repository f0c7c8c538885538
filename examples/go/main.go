package main

import (
	"fmt"
	"net/http"
	"os"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
)

func main() {
	id := azidentity.ClientID(os.Getenv("KEYVAULT__clientId"))
	identity, _ := azidentity.NewManagedIdentityCredential(&azidentity.ManagedIdentityCredentialOptions{ID: id})
	vault, _ := azsecrets.NewClient(os.Getenv("KEYVAULT__vaultUri"), identity, nil)
	http.HandleFunc("GET /api/hello", func(w http.ResponseWriter, r *http.Request) {
		secret, err := vault.GetSecret(r.Context(), "orders-subscription-key", "", nil)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		fmt.Fprintf(w, "hello, the secret has %d characters\n", len(*secret.Value))
	})
	http.HandleFunc("POST /tick", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"Logs":["ticked"]}`)
	})
	panic(http.ListenAndServe("127.0.0.1:"+os.Getenv("FUNCTIONS_CUSTOMHANDLER_PORT"), nil))
}
