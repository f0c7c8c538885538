import com.azure.core.credential.TokenCredential;
import com.azure.core.credential.TokenRequestContext;
import com.azure.core.exception.HttpResponseException;
import com.azure.core.util.BinaryData;
import com.azure.identity.ClientSecretCredentialBuilder;
import com.azure.identity.ManagedIdentityCredentialBuilder;
import com.azure.security.keyvault.secrets.SecretClient;
import com.azure.security.keyvault.secrets.SecretClientBuilder;
import com.azure.storage.blob.BlobClientBuilder;
import com.azure.storage.blob.BlobServiceClientBuilder;
import com.azure.storage.blob.models.BlobStorageException;
import com.azure.storage.blob.sas.BlobSasPermission;
import com.azure.storage.blob.sas.BlobServiceSasSignatureValues;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.OffsetDateTime;
import java.util.Map;

/**
 * Java's own clients against local-azure: identity, vault, blob, a signed link, and one call through the gateway.
 *
 * <p>Java reads neither SSL_CERT_FILE nor HTTPS_PROXY by itself: ../run makes the trust store and sets the proxy's
 * properties. Ends with 1 at the first thing that is not as in Azure.
 */
public final class Check {
    private static final Map<String, String> ENV = System.getenv();

    public static void main(String[] arguments) throws Exception {
        vault();
        blobs();
        gateway();
        System.out.println("ok");
        System.exit(0);
    }

    private static TokenCredential identity(String variable) {
        return new ManagedIdentityCredentialBuilder().clientId(ENV.get(variable)).build();
    }

    private static SecretClient secrets(TokenCredential credential) {
        return new SecretClientBuilder().vaultUrl(ENV.get("KEYVAULT__vaultUri")).credential(credential).buildClient();
    }

    private static void vault() {
        expect(secrets(identity("KEYVAULT__clientId")).getSecret("given").getValue().equals("from the seed"), "the secret");
        refused(403, () -> secrets(identity("STORAGE__clientId")).getSecret("given"));
        TokenCredential secret = new ClientSecretCredentialBuilder().tenantId(ENV.get("AZURE_TENANT_ID"))
            .clientId(ENV.get("CLIENT_ID")).clientSecret(ENV.get("CLIENT_SECRET")).build();
        expect(secrets(secret).getSecret("given").getValue().equals("from the seed"), "the secret by a client secret");
        System.out.println("vault: a secret read as a managed identity and as an app, and not as another identity");
    }

    private static void blobs() {
        var service = new BlobServiceClientBuilder().endpoint(ENV.get("STORAGE__blobServiceUri"))
            .credential(identity("OWNER__clientId")).buildClient();
        var container = service.createBlobContainer("java-" + System.nanoTime());
        var blob = container.getBlobClient("dir/a b.txt");
        blob.upload(BinaryData.fromString("content"));
        refused(404, () -> container.getBlobClient("nowhere").getProperties());
        var now = OffsetDateTime.now();
        var key = service.getUserDelegationKey(now.minusMinutes(1), now.plusHours(1));
        var values = new BlobServiceSasSignatureValues(now.plusMinutes(5), new BlobSasPermission().setReadPermission(true));
        var signed = new BlobClientBuilder().endpoint(blob.getBlobUrl() + "?" + blob.generateUserDelegationSas(values, key))
            .buildClient();
        expect(signed.downloadContent().toString().equals("content"), "the content through a signed link");
        try {
            signed.delete();
            expect(false, "a deletion by a link to read");
        } catch (BlobStorageException refusal) {
            expect(refusal.getErrorCode().toString().equals("AuthorizationPermissionMismatch"), refusal.getMessage());
        }
        container.delete();
        System.out.println("blob: written, read through a signed link, and not deleted through it");
    }

    private static void gateway() throws Exception {
        var key = secrets(identity("KEYVAULT__clientId")).getSecret("orders-subscription-key").getValue();
        var token = identity("APIM__clientId")
            .getTokenSync(new TokenRequestContext().addScopes("api://orders/.default")).getToken();
        var proxy = new InetSocketAddress(System.getProperty("https.proxyHost"), Integer.getInteger("https.proxyPort"));
        var client = HttpClient.newBuilder().proxy(ProxySelector.of(proxy)).build();
        for (var expected : Map.of("Bearer " + token, 200, "Bearer x", 401).entrySet()) {
            var request = HttpRequest.newBuilder(URI.create(ENV.get("APIM__baseUrl") + "/orders"))
                .header("Authorization", expected.getKey()).header("Ocp-Apim-Subscription-Key", key).build();
            var status = client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
            expect(status == expected.getValue(), "the gateway's status " + status);
        }
        System.out.println("gateway: an order list with token and key, and none without");
    }

    private static void refused(int status, Runnable call) {
        try {
            call.run();
        } catch (HttpResponseException refusal) {
            expect(refusal.getResponse().getStatusCode() == status, refusal.getMessage());
            return;
        }
        expect(false, "refused with " + status);
    }

    private static void expect(boolean holds, String what) {
        if (!holds) {
            System.err.println("not so: " + what);
            System.exit(1);
        }
    }
}
