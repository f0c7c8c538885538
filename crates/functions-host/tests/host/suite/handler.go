// The suite's handler in Go: one HTTP function `app` (`app/{*path}`) and one timer `tick`, in all three forms of a call.
package main

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
)

type reply struct {
	status  int
	headers map[string]string
	body    string
}

func text(body string) reply {
	return reply{200, map[string]string{"Content-Type": "text/plain; charset=utf-8"}, body}
}

func or(value, other string) string {
	if value == "" {
		return other
	}
	return value
}

// answer is the app itself: it knows nothing of the form of the call.
func answer(method, path, name, probe, body string) reply {
	head, rest, _ := strings.Cut(path, "/")
	switch head {
	case "hello":
		return text("hello")
	case "echo":
		return text(body)
	case "upper":
		return text(strings.ToUpper(body))
	case "sum":
		var document struct{ Numbers []int }
		if err := json.Unmarshal([]byte(body), &document); err != nil {
			log.Fatal(err)
		}
		sum := 0
		for _, one := range document.Numbers {
			sum += one
		}
		return text(strconv.Itoa(sum))
	case "method":
		return text(method)
	case "query":
		return text(or(name, "(none)"))
	case "header":
		return text(or(probe, "(none)"))
	case "path":
		return text(rest)
	case "status":
		answer := text("status " + rest)
		answer.status, _ = strconv.Atoi(rest)
		return answer
	case "json":
		return reply{200, map[string]string{"Content-Type": "application/json; charset=utf-8"}, `{"a":1,"b":"é"}`}
	case "reply":
		answer := text("replied")
		answer.headers["X-Reply"] = rest
		return answer
	case "redirect":
		answer := text("moved")
		answer.status, answer.headers["Location"] = 302, "/api/app/hello"
		return answer
	case "empty":
		return text("")
	case "large":
		length, _ := strconv.Atoi(rest)
		return text(strings.Repeat("x", length))
	}
	answer := text("no such path")
	answer.status = 404
	return answer
}

type call struct {
	Data struct {
		Req struct {
			Method  string
			Query   map[string]string
			Headers map[string][]string
			Params  map[string]*string
			Body    string
		}
		Timer *struct{ IsPastDue bool }
	}
}

func sendJSON(w http.ResponseWriter, document any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(document); err != nil {
		log.Print(err)
	}
}

func serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		log.Print(err)
		return
	}
	if r.URL.Path == "/" {
		return
	}
	if r.URL.Path == "/app" || r.URL.Path == "/tick" {
		var call call
		if err := json.Unmarshal(body, &call); err != nil {
			http.Error(w, err.Error(), 500)
			return
		}
		if r.URL.Path == "/tick" {
			if call.Data.Timer == nil {
				http.Error(w, "no timer", 500)
				return
			}
			sendJSON(w, map[string]any{"Logs": []string{"ticked"}})
			return
		}
		req, path, probe := call.Data.Req, "", ""
		if req.Params["path"] != nil {
			path = *req.Params["path"]
		}
		for name, lines := range req.Headers {
			if strings.EqualFold(name, "x-probe") {
				probe = strings.Join(lines, ", ")
			}
		}
		answer := answer(req.Method, path, req.Query["name"], probe, req.Body)
		response := map[string]any{"statusCode": answer.status, "headers": answer.headers, "body": answer.body}
		sendJSON(w, map[string]any{"Outputs": map[string]any{"res": response}})
		return
	}
	path := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/api/app"), "/")
	answer := answer(r.Method, path, r.URL.Query().Get("name"), r.Header.Get("x-probe"), string(body))
	for name, value := range answer.headers {
		w.Header().Set(name, value)
	}
	w.WriteHeader(answer.status)
	if _, err := io.WriteString(w, answer.body); err != nil && r.Method != http.MethodHead {
		log.Print(err)
	}
}

func main() {
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("FUNCTIONS_CUSTOMHANDLER_PORT"), http.HandlerFunc(serve)))
}
