package main

import (
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
)

func main() {
	id := azidentity.ClientID(os.Getenv("KEYVAULT__clientId"))
	identity, _ := azidentity.NewManagedIdentityCredential(&azidentity.ManagedIdentityCredentialOptions{ID: id})
	vault, _ := azsecrets.NewClient(os.Getenv("KEYVAULT__vaultUri"), identity, nil)
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		secret, err := vault.GetSecret(r.Context(), "greeting", "", nil)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
		} else if r.URL.Path == "/tick" {
			log.Print("the timer says: ", *secret.Value)
			w.Header().Set("content-type", "application/json")
			fmt.Fprint(w, "{}")
		} else {
			fmt.Fprintln(w, *secret.Value)
		}
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("FUNCTIONS_CUSTOMHANDLER_PORT"), nil))
}
